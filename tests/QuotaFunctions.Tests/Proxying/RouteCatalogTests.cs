using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Which route a model has, in which order its targets come, and how each is asked for its own model.</summary>
public sealed class RouteCatalogTests
{
    private const string Chat = "chat/completions";

    [Theory]
    [InlineData("gpt-4o", "named")]
    [InlineData("GPT-4O", "named")]
    [InlineData("gpt-4o-mini", "longer")]
    [InlineData("gpt-5", "shorter")]
    [InlineData("o1", null)]
    [InlineData(null, null)]
    public void A_name_goes_before_a_pattern_and_a_longer_one_before_a_shorter(string? model, string? route)
    {
        var catalog = Catalog(
            ("longer", "gpt-4*", "a"), ("named", "x, gpt-4o", "a"), ("shorter", "gpt*", "a"));

        Assert.Equal(route, catalog.Find(model)?.Name);
    }

    [Fact]
    public void Steps_come_in_turn_and_weights_share_a_step()
    {
        var catalog = Catalog(("r", "smart", "a/x=3|b/x=1, a/y"));
        var firsts = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0 };
        for (var request = 0; request < 1000; request++)
        {
            var targets = catalog.Find("smart")!.InTurn(_random).ToList();
            Assert.Equal(["a/x", "b/x"], targets.Take(2).Select(target => $"{target.Provider}/{target.Model}").Order());
            Assert.Equal(("a", "y"), (targets[2].Provider, targets[2].Model));
            firsts[targets[0].Provider]++;
        }

        // Three quarters of a thousand, give or take six standard deviations
        Assert.InRange(firsts["a"], 668, 832);
    }

    [Theory]
    [InlineData("""{"model":"smart","n":1}""", """{"model":"x/y\"z","n":1}""")]
    [InlineData("{ \"n\" : [{\"model\":\"smart\"}],\r\n \"Model\" :\t\"sm\\u0061rt\" , \"u\":\"\u00e9\" }", "{ \"n\" : [{\"model\":\"smart\"}],\r\n \"Model\" :\t\"x/y\\\"z\" , \"u\":\"\u00e9\" }")]
    [InlineData("\ufeff{\"model\":\"models/smart\"}", "\ufeff{\"model\":\"x/y\\\"z\"}")]
    public async Task The_model_in_a_body_is_replaced_and_nothing_else(string body, string sent) => Assert.Equal(sent, (await TargetsAsync("a/x/y\"z", body)).Single().Body);

    [Fact]
    public async Task A_target_that_keeps_the_clients_model_keeps_every_byte()
    {
        const string body = """{"model": "models/smart" }""";

        Assert.Equal([body, body], (await TargetsAsync("a, b/smart", body)).Select(target => target.Body));
    }

    [Theory]
    [InlineData("models/smart:generateContent", "https://a.example.com/v1/models/x%2Fy:generateContent?q=1")]
    [InlineData("deployments/smart/chat/completions", "https://a.example.com/v1/deployments/x%2Fy/chat/completions?q=1")]
    [InlineData("models/sm%61rt", "https://a.example.com/v1/models/x%2Fy?q=1")]
    public async Task A_model_in_the_path_is_replaced_there(string path, string address)
    {
        const string body = """{"model":"another"}""";

        Assert.Equal((address, body), (await TargetsAsync("a/x/y", body, path, "?q=1")).Single());
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=model\r\n\r\nsmart\r\n--b--", "multipart/form-data; boundary=b", "")]
    [InlineData("{}", "application/json", "?model=smart")]
    public async Task Where_the_model_cannot_be_replaced_only_targets_that_keep_it_are_left(string body, string contentType, string query)
    {
        Assert.Equal([body], (await TargetsAsync("a/x, b", body, "audio/transcriptions", query, contentType)).Select(target => target.Body));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => TargetsAsync("a/x, b/y", body, "audio/transcriptions", query, contentType));
        Assert.Same(Problem.InvalidRequest, refused.Refusal.Problem);
        Assert.True(refused.Refusal.Errors!.ContainsKey("model"));
    }

    [Fact]
    public async Task In_a_body_that_streams_it_is_replaced_within_the_beginning()
    {
        var padding = new string(' ', ClientBody.MaxHead);

        Assert.StartsWith("""{"model":"x" """, (await TargetsAsync("a/x", $$"""{"model":"smart" {{padding}}}""")).Single().Body, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RefusedException>(() => TargetsAsync("a/x", $$"""{{{padding}}"model":"smart"}"""));
    }

    [Theory]
    [InlineData(null, 100, 200)]
    [InlineData(null, 300, 300)]
    [InlineData("5", 300, 5)]
    public void All_targets_together_have_a_time(string? own, int providers, int expected)
    {
        var catalog = Catalog([("r", "smart", "a, b")], ("Routes__r__TimeoutSeconds", own), ("Providers__b__TimeoutSeconds", $"{providers}"));

        Assert.Equal(TimeSpan.FromSeconds(expected), catalog.TimeoutOf(catalog.Find("smart")!));
    }

    private readonly Random _random = new(20261129);

    /// <summary>Where the request goes, and with which body.</summary>
    private static async Task<List<(string Address, string Body)>> TargetsAsync(
        string to, string body, string path = Chat, string query = "", string contentType = "application/json")
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        context.Request.ContentType = contentType;
        await using var read = await ClientBody.OpenAsync(context.Request, long.MaxValue, CancellationToken.None);
        var found = await BodyMetadata.ReadAsync(read, contentType, CancellationToken.None);
        var catalog = Catalog(("r", "smart", to));
        var model = NamedModel.Of(path, query, found.Facts).Model;
        Assert.Equal("smart", model);
        return [.. catalog.TargetsOf(catalog.Find(model)!, model!, path, query, read, found.Facts.IsObject).Select(target =>
            (target.Address.OriginalString, Encoding.UTF8.GetString((target.Edit is { } edit ? BodySplice.Splice(read.Head, edit.Start, edit.Length, edit.Text.Span) : read.Head).Span)))];
    }

    private static RouteCatalog Catalog(params (string Name, string Models, string To)[] routes) => Catalog(routes, []);

    private static RouteCatalog Catalog((string Name, string Models, string To)[] routes, params (string Name, string? Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Providers__a__BaseUrl"] = "https://a.example.com",
            ["Providers__a__ApiKey"] = "secret",
            ["Providers__b__BaseUrl"] = "https://b.example.com",
            ["Providers__b__AuthScheme"] = "none",
        };
        foreach (var (name, models, to) in routes)
        {
            (settings[$"Routes__{name}__Models"], settings[$"Routes__{name}__To"]) = (models, to);
        }

        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        var reader = new SettingReader(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value))).Build());
        var options = new RouteOptions();
        RouteOptions.Read(reader, options);
        Assert.Empty(reader.Errors);
        return new RouteCatalog(
            Options.Create(options), ProxySettings.Catalog([.. settings.Where(setting => setting.Key.StartsWith('P')).Select(setting => (setting.Key, setting.Value))]), new Random(1));
    }
}
