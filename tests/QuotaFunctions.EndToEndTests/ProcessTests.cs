using System.Net;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>What only a process of its own can show: how the app starts, refuses to start, and ends.</summary>
public sealed class ProcessTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private readonly Dictionary<string, string?> _settings = AppSettings.For(azurite.ConnectionString);

    [Fact]
    public async Task It_serves_and_ends_cleanly_when_asked_to()
    {
        await using var app = await AppProcess.StartAsync(_settings, output.WriteLine);
        using var client = new HttpClient { BaseAddress = app.BaseAddress };
        Assert.Equal("""{"ok":true}""", await client.GetStringAsync(new Uri("healthz", UriKind.Relative)));
        Assert.Equal(0, await app.TerminateAsync());
        Assert.DoesNotContain("xception", app.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADMIN_TOKEN", "")]
    [InlineData("ADMIN_TOKEN", "short")]
    [InlineData("LOG_LEVEL", "loud")]
    [InlineData("PROXY_MAX_BODY_BYTES", "many")]
    [InlineData("AzureWebJobsStorage", "nonsense")]
    [InlineData("AzureWebJobsStorage", "")]
    [InlineData("DefaultProvider", "nobody")]
    [InlineData("Providers__sample__BaseUrl", "sample.example")]
    [InlineData("Providers__sample__ApiKey", "")]
    [InlineData("Providers__sample__StreamTimeoutSeconds", "3600")]
    [InlineData("Providers__sample__Timeout", "1")]
    public async Task A_setting_that_is_missing_or_wrong_stops_the_start_with_one_line_that_names_it(string name, string value)
    {
        var settings = AppSettings.For(azurite.ConnectionString, new Uri("http://upstream.example"));
        settings[name] = value;
        await using var app = AppProcess.Launch(settings, output.WriteLine);
        Assert.Equal(1, await app.WaitForExitAsync());
        var line = Assert.Single(app.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(name, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start_with_one_line_that_names_it()
    {
        await using var first = await AppProcess.StartAsync(_settings, output.WriteLine);

        // The line is no line of the log, which says at the start where mails go
        var settings = new Dictionary<string, string?>(_settings) { ["LOG_LEVEL"] = "error" };
        await using var second = AppProcess.Launch(settings, output.WriteLine, first.BaseAddress.Port);
        Assert.Equal(1, await second.WaitForExitAsync());
        var line = Assert.Single(second.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"{first.BaseAddress.Port}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_to_end_it_lets_a_request_finish_and_writes_what_is_still_to_be_written_to_the_log()
    {
        await using var upstream = await UpstreamProcess.StartAsync();
        var settings = AppSettings.For(azurite.ConnectionString, upstream.BaseAddress);
        await using var app = await AppProcess.StartAsync(settings, output.WriteLine);
        var api = new ApiClient(app.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 10);
        using var slow = new HttpRequestMessage(HttpMethod.Post, new Uri(app.BaseAddress, "v1/chat/completions"))
        {
            Headers = { { "X-API-Key", key.Secret }, { "X-Sample-Delay-Ms", "3000" }, { "X-Sample-Tag", key.Id } },
            Content = new StringContent("""{"model":"sample-small","messages":[{"role":"user","content":"hi"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        var underWay = api.Http.SendAsync(slow);
        await Eventually.TrueAsync(async () =>
            (await api.Http.GetStringAsync(new Uri(upstream.BaseAddress, $"requests/{key.Id}"))).Contains('1'));

        var end = app.TerminateAsync();
        using var answer = await underWay;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await end);

        await using var next = await AppProcess.StartAsync(settings, output.WriteLine);
        var books = await new ApiClient(next.BaseAddress).SettledBooksAsync(key, TimeSpan.FromSeconds(20));
        Assert.Equal(1, books.Used);
        Assert.Equal("succeeded", (await new ApiClient(next.BaseAddress).NewestLogAsync(key))["outcome"]!.GetValue<string>());
    }
}
