using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Alerting;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>What is known of credentials, over instances, with traffic and without.</summary>
public sealed class CredentialCheckTests
{
    private static readonly ProviderCatalog Catalog = ProxySettings.Catalog(
        ("Providers__bad__BaseUrl", "https://bad.example.com/openai/v1"), ("Providers__bad__ApiKey", "the-credential"),
        ("Providers__good__BaseUrl", "https://good.example.com"), ("Providers__good__ApiKey", "the-credential"), ("Providers__good__AuthHeader", "x-api-key"),
        ("Providers__open__BaseUrl", "https://open.example.com"), ("Providers__open__AuthScheme", "none"));

    private readonly List<HttpRequestMessage> _asked = [];
    private readonly FakeLogger<CredentialCheck> _logger = new();
    private readonly Dictionary<string, Func<HttpResponseMessage>> _answers = [];

    [Fact]
    public void What_nobody_has_called_is_taken_at_the_settings_word() => AlertWorld.Run(async world =>
        Assert.Equal(new Dictionary<string, bool> { ["bad"] = true, ["good"] = true }, await Status(world).ReadAsync(CancellationToken.None)));

    [Fact]
    public void The_last_answer_of_any_instance_is_known_to_all_within_seconds() => AlertWorld.Run(async world =>
    {
        var status = Status(world);
        await Notes(world).NoteAsync(Catalog.Find("bad")!, 402);
        Assert.Equal(new Dictionary<string, bool> { ["bad"] = false, ["good"] = true }, await status.ReadAsync(CancellationToken.None));

        await Notes(world).NoteAsync(Catalog.Find("bad")!, 500);
        await world.PassAsync(RecentReading<string>.Freshness + TimeSpan.FromTicks(1));
        Assert.True((await status.ReadAsync(CancellationToken.None))!["bad"]);
    });

    [Fact]
    public void Those_who_ask_within_seconds_share_a_reading() => AlertWorld.Run(async world =>
    {
        var status = Status(world);
        await status.ReadAsync(CancellationToken.None);
        var before = world.Calls;
        await status.ReadAsync(CancellationToken.None);
        Assert.Equal(before, world.Calls);
    });

    [Fact]
    public void Answers_that_change_at_once_leave_the_last_one() => AlertWorld.Run(async world =>
    {
        var notes = Notes(world);
        await Task.WhenAll(new[] { 401, 200, 403, 200, 401 }.Select(status => notes.NoteAsync(Catalog.Find("bad")!, status)));
        Assert.True(Assert.Single(await notes.ReadAsync(CancellationToken.None)).IsRefused);
    });

    [Theory]
    [InlineData(200, 401, true)]
    [InlineData(200, 402, true)]
    [InlineData(200, 403, false)]
    [InlineData(200, 404, false)]
    [InlineData(401, 200, false)]
    [InlineData(401, 403, true)]
    [InlineData(401, 404, true)]
    [InlineData(401, 503, true)]
    public void A_call_of_our_own_counts_where_it_says_something(int before, int answer, bool isRefused) => AlertWorld.Run(async world =>
    {
        var notes = Notes(world);
        await notes.NoteAsync(Catalog.Find("good")!, before);
        await world.PassAsync(TimeSpan.FromHours(1));
        _answers["good.example.com"] = () => new HttpResponseMessage((System.Net.HttpStatusCode)answer);
        await RunAsync(world, notes);
        Assert.Equal(isRefused, Assert.Single(await notes.ReadAsync(CancellationToken.None)).IsRefused);
        Assert.All(_asked, asked =>
        {
            Assert.Equal((HttpMethod.Get, "https://good.example.com/v1/models"), (asked.Method, asked.RequestUri!.ToString()));
            Assert.Equal("the-credential", asked.Headers.GetValues("x-api-key").Single());
        });
        Assert.NotEmpty(_asked);
    });

    [Fact]
    public void Without_traffic_nobody_is_asked_and_our_own_calls_are_none() => AlertWorld.Run(async world =>
    {
        var notes = Notes(world);
        await RunAsync(world, notes);
        Assert.Empty(_asked);

        await notes.NoteAsync(Catalog.Find("good")!, 200);
        await notes.NoteAsync(Catalog.Find("open")!, 200);
        for (var hour = 1; hour <= 30; hour++)
        {
            await world.PassAsync(TimeSpan.FromHours(1));
            await RunAsync(world, notes);
        }

        Assert.InRange(_asked.Count, 23, 24);
    });

    [Fact]
    public void One_that_cannot_be_asked_does_not_keep_the_others() => AlertWorld.Run(async world =>
    {
        var notes = Notes(world);
        await notes.NoteAsync(Catalog.Find("bad")!, 200);
        await notes.NoteAsync(Catalog.Find("good")!, 200);
        _answers["bad.example.com"] = () => throw new HttpRequestException("It says the-credential");
        _answers["good.example.com"] = () => new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await RunAsync(world, notes);

        Assert.Equal(["good"], (await notes.ReadAsync(CancellationToken.None)).Where(note => note.IsRefused).Select(note => note.Provider));
        var told = Assert.Single(_logger.Collector.GetSnapshot(), record => record.Level == LogLevel.Warning);
        Assert.DoesNotContain("the-credential", told.Message, StringComparison.Ordinal);
    });

    private async Task RunAsync(AlertWorld world, CredentialNotes notes)
    {
        var clock = world.World.NewClock();
        using var clients = new UpstreamClients(Catalog, _ => new Stub(this), clock, NullLogger<UpstreamClient>.Instance);
        await new CredentialCheck(Catalog, notes, clients, clock, _logger).RunAsync(CancellationToken.None);
    }

    private static CredentialNotes Notes(AlertWorld world) => new(
        world.NewInstance().Get<TableServiceClient>(), new StorageNames(Options.Create(new StorageOptions())), world.World.NewClock(), NullLogger<CredentialNotes>.Instance);

    private static CredentialStatus Status(AlertWorld world) => new(Catalog, Notes(world), world.World.NewClock(), NullLogger<CredentialStatus>.Instance);

    private sealed class Stub(CredentialCheckTests tests) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            tests._asked.Add(request);
            return Task.FromResult(tests._answers.TryGetValue(request.RequestUri!.Host, out var answer) ? answer() : new HttpResponseMessage());
        }
    }
}
