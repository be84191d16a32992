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

    /// <summary>
    /// Two instances with leases and a pool, one of them killed in each round at a random moment. QUOTA_CRASH_ROUNDS sets how many
    /// rounds; scripts/crash-test.sh runs 100.
    /// </summary>
    [Fact]
    public async Task Every_round_of_crashes_with_leases_and_a_pool_ends_balanced()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("QUOTA_CRASH_ROUNDS") ?? "3", System.Globalization.CultureInfo.InvariantCulture);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"{rounds} rounds, seed {seed}");
        await using var upstream = await UpstreamProcess.StartAsync();
        var settings = AppSettings.For(azurite.ConnectionString, upstream.BaseAddress);
        settings["QUOTA_LEASES"] = "always";
        const long quota = 1_000_000, poolQuota = 900;
        TestKey[] keys = [];
        var admitted = new int[3];
        AppProcess[] apps = [await AppProcess.StartAsync(settings, output.WriteLine), await AppProcess.StartAsync(settings, output.WriteLine)];
        try
        {
            var api = new ApiClient(apps[0].BaseAddress);
            var pool = (await api.AdminAsync(
                HttpMethod.Post, "admin/pools", new System.Text.Json.Nodes.JsonObject { ["name"] = "team", ["quota"] = poolQuota }, HttpStatusCode.Created))!["id"]!.GetValue<string>();
            keys = [await api.CreateKeyAsync(quota), await api.CreateKeyAsync(quota, new { pool }), await api.CreateKeyAsync(quota)];
            for (var round = 0; round < rounds; round++)
            {
                using var stop = new CancellationTokenSource();
                var load = apps.SelectMany(app => Enumerable.Range(0, Clients / 2)
                    .Select(_ => LoadAsync(new ApiClient(app.BaseAddress), keys, admitted, stop.Token))).ToArray();
                var before = admitted[0];
                var moment = random.Next(1, 400);
                await Eventually.TrueAsync(() => Volatile.Read(ref admitted[0]) >= before + moment, TimeSpan.FromSeconds(60));
                var victim = random.Next(2);
                await apps[victim].KillAsync();
                await stop.CancelAsync();
                await Task.WhenAll(load);
                await apps[victim].DisposeAsync();
                apps[victim] = await AppProcess.StartAsync(settings, output.WriteLine);

                var after = new ApiClient(apps[victim].BaseAddress);
                for (var index = 0; index < keys.Length; index++)
                {
                    var books = await after.BooksAsync(keys[index]);
                    Assert.True(books.Balanced, $"round {round}, seed {seed}: {books}");
                    Assert.InRange(books.Used, admitted[index], index == 1 ? poolQuota : admitted[index] + (Clients * (round + 1L)));
                }
            }

            // The whole service at once: what one dead instance of several had taken from the queue comes back later.
            await apps[0].KillAsync();
            await apps[1].KillAsync();
            var killed = TimeProvider.System.GetTimestamp();
            await apps[0].DisposeAsync();
            apps[0] = await AppProcess.StartAsync(settings, output.WriteLine);
            var last = new ApiClient(apps[0].BaseAddress);
            foreach (var key in keys)
            {
                await last.SettledBooksAsync(key, LogBound - TimeProvider.System.GetElapsedTime(killed));
            }
        }
        finally
        {
            foreach (var app in apps)
            {
                await app.DisposeAsync();
            }
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
