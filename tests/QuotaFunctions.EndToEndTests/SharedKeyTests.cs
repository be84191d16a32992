using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>
/// Several processes of the service on one storage, as every deployment has: nobody is refused without a reason, whichever of them is
/// asked. QUOTA_SHARED_ROUNDS sets how many rounds; scripts/shared-key-test.sh runs 100.
/// </summary>
[Collection(Name)]
public sealed class SharedKeyTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const string Name = "several processes";
    private const int Keys = 6;
    private const int Steps = 10;
    private const int Clients = 8;
    private const long Quota = 1_000_000;

    /// <summary>
    /// A refusal after this long had a reason: the deadline (6 s) has really passed, as on a machine that stands still for seconds because
    /// others use it. The defect that this looks for answers at once.
    /// </summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private int _late;

    [Theory]
    [InlineData(2, "off")]
    [InlineData(4, "auto")]
    public async Task Nobody_is_told_503_whichever_process_is_asked(int processes, string leases)
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("QUOTA_SHARED_ROUNDS") ?? "1", CultureInfo.InvariantCulture);
        var seed = Random.Shared.Next();
        output.WriteLine($"{rounds} rounds, seed {seed}");
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["QUOTA_LEASES"] = leases;
        var apps = await Task.WhenAll(Enumerable.Range(0, processes).Select(_ => AppProcess.StartAsync(settings, output.WriteLine)));
        try
        {
            var apis = apps.Select(app => new ApiClient(app.BaseAddress)).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                // Gently on many keys: each time what a process holds is old, and the rows of the others are compacted.
                await Task.WhenAll(Enumerable.Range(0, Keys).Select(key => GentlyAsync(apis, new Random(HashCode.Combine(seed, round, key)))));
                await SteadilyAsync(apis, new Random(HashCode.Combine(seed, round)));
            }
        }
        finally
        {
            output.WriteLine($"{_late} refusals after their deadline had passed");
            foreach (var app in apps)
            {
                await app.DisposeAsync();
            }
        }
    }

    /// <summary>One request at a time, each to any of the processes; in the end the key is revoked.</summary>
    private async Task GentlyAsync(ApiClient[] apis, Random random)
    {
        var key = await Any().CreateKeyAsync(Quota);
        var charged = 0L;
        for (var step = 0; step < Steps; step++)
        {
            await Task.Delay(random.Next(1800));
            switch (random.Next(6))
            {
                case 0:
                case 1:
                    await ActAsync(Any(), key, step);
                    break;
                default:
                    charged += await ChargeAsync(Any(), key) ? 1 : 0;
                    break;
            }
        }

        Assert.Equal(charged, (await Any().SettledBooksAsync(key, TimeSpan.FromSeconds(60))).Used);
        while (!await IsDoneAsync(() => Any().SendAdminAsync(HttpMethod.Delete, $"admin/keys/{key.Id}", null), HttpStatusCode.NoContent))
        {
            // Late, and to be asked again.
        }

        foreach (var api in apis)
        {
            await IsDoneAsync(() => api.ConsumeAsync(key), HttpStatusCode.Unauthorized);
        }

        ApiClient Any() => apis[random.Next(apis.Length)];
    }

    /// <summary>Many at once on one key, with an admin's acts in between.</summary>
    private async Task SteadilyAsync(ApiClient[] apis, Random random)
    {
        var key = await apis[0].CreateKeyAsync(Quota);
        using var stop = new CancellationTokenSource();
        var charged = new ConcurrentBag<int>();
        var load = Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (await ChargeAsync(apis[client % apis.Length], key))
                {
                    charged.Add(client);
                }
            }
        })).ToList();
        for (var act = 0; act < 4; act++)
        {
            var before = charged.Count;
            await ActAsync(apis[random.Next(apis.Length)], key, act);
            await Eventually.TrueAsync(() => charged.Count >= before + 100 || load.Exists(client => client.IsFaulted), TimeSpan.FromSeconds(60));
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        var books = await apis[^1].SettledBooksAsync(key, TimeSpan.FromSeconds(60));
        Assert.Equal((charged.Count, charged.Count), (books.Used, books.Ledger));
    }

    /// <summary>Charges a key. False where that was refused because the machine stood still.</summary>
    private Task<bool> ChargeAsync(ApiClient api, TestKey key) => IsDoneAsync(() => api.ConsumeAsync(key));

    private Task<bool> ActAsync(ApiClient api, TestKey key, int number) => IsDoneAsync(() => number % 2 == 0
        ? api.SendAdminAsync(HttpMethod.Post, $"admin/keys/{key.Id}/topup", new JsonObject { ["amount"] = 1 })
        : api.SendAdminAsync(HttpMethod.Patch, $"admin/keys/{key.Id}", new JsonObject { ["name"] = $"act {number}" }));

    private async Task<bool> IsDoneAsync(Func<Task<HttpResponseMessage>> send, HttpStatusCode done = HttpStatusCode.OK)
    {
        var begun = TimeProvider.System.GetTimestamp();
        using var response = await send();
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable && TimeProvider.System.GetElapsedTime(begun) > Deadline)
        {
            Interlocked.Increment(ref _late);
            return false;
        }

        Assert.True(response.StatusCode == done, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return true;
    }

    /// <summary>After the other tests, and alone: how long an answer takes is a part of what is looked at.</summary>
    [CollectionDefinition(Name, DisableParallelization = true)]
    public sealed class Alone;
}
