using System.Net;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>A process that dies under load (SIGKILL), and what the next one makes of what it left.</summary>
public sealed class CrashTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Clients = 16;

    // Contract: every admitted request is in the log within two minutes.
    private static readonly TimeSpan LogBound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task After_a_crash_under_load_nothing_is_oversold_and_everything_is_in_the_log()
    {
        await using var upstream = await UpstreamProcess.StartAsync();
        var settings = AppSettings.For(azurite.ConnectionString, upstream.BaseAddress);
        const long quota = 5_000;
        TestKey[] keys;
        var admitted = new int[3];
        await using (var app = await AppProcess.StartAsync(settings, output.WriteLine))
        {
            var api = new ApiClient(app.BaseAddress);
            keys = [await api.CreateKeyAsync(quota), await api.CreateKeyAsync(quota: 40), await api.CreateKeyAsync(quota)];
            using var stop = new CancellationTokenSource();
            var load = Enumerable.Range(0, Clients).Select(_ => LoadAsync(api, keys, admitted, stop.Token)).ToArray();
            await Eventually.TrueAsync(() => admitted.All(count => count > 30), TimeSpan.FromSeconds(60));
            await app.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(load);
        }

        var died = TimeProvider.System.GetTimestamp();
        await using var next = await AppProcess.StartAsync(settings, output.WriteLine);
        var after = new ApiClient(next.BaseAddress);
        for (var index = 0; index < keys.Length; index++)
        {
            var books = await after.SettledBooksAsync(keys[index], LogBound - TimeProvider.System.GetElapsedTime(died));
            output.WriteLine($"admitted {admitted[index]}: {books}");
            Assert.Equal(books.Used, books.Ledger);
            Assert.InRange(books.Used, admitted[index], index == 1 ? 40 : Math.Min(quota, admitted[index] + Clients));
        }
    }

    /// <summary>Calls until the app is gone. What it admitted counts when its answer arrived.</summary>
    private static async Task LoadAsync(ApiClient api, TestKey[] keys, int[] admitted, CancellationToken stop)
    {
        try
        {
            for (var round = 0; !stop.IsCancellationRequested; round++)
            {
                var index = round % 3;
                using var response = index == 2
                    ? await CompleteAsync(api, keys[index], stop)
                    : await api.ConsumeAsync(keys[index], cancellationToken: stop);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref admitted[index]);
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // The end of the app.
        }
    }

    private static async Task<HttpResponseMessage> CompleteAsync(ApiClient api, TestKey key, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = new StringContent("""{"model":"sample-small","messages":[{"role":"user","content":"hi"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-API-Key", key.Secret);
        return await api.Http.SendAsync(request, stop);
    }
}
