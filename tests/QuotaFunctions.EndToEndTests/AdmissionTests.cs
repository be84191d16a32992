using System.Net;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>The hard cap, under many clients at once and over faults.</summary>
[Collection(AppFixture.Name)]
public sealed class AdmissionTests(AppFixture app)
{
    private readonly ApiClient _api = new(app.Host.BaseAddress);

    [Fact]
    public async Task Of_5000_requests_by_64_clients_a_quota_of_1000_admits_exactly_1000()
    {
        var key = await _api.CreateKeyAsync(quota: 1_000);
        var admitted = 0;
        var refused = 0;
        await InParallelAsync(64, 5_000, async () =>
        {
            using var response = await _api.ConsumeAsync(key);
            _ = response.StatusCode switch
            {
                HttpStatusCode.OK => Interlocked.Increment(ref admitted),
                HttpStatusCode.TooManyRequests => Interlocked.Increment(ref refused),
                _ => throw new InvalidOperationException($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}"),
            };
        });

        Assert.Equal(1_000, admitted);
        Assert.Equal(4_000, refused);
        var books = await _api.SettledBooksAsync(key, TimeSpan.FromSeconds(60));
        Assert.Equal(1_000, books.Used);
    }

    [Fact]
    public async Task After_DELETE_is_answered_not_one_more_is_admitted()
    {
        var key = await _api.CreateKeyAsync(quota: 1_000_000);
        var deleted = 0;
        var late = 0;
        var admitted = 0;
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var wasDeleted = Volatile.Read(ref deleted) == 1;
                using var response = await _api.ConsumeAsync(key);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref admitted);
                    late += wasDeleted ? 1 : 0;
                }
            }
        })).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref admitted) > 200);
        await _api.DeleteKeyAsync(key);
        Volatile.Write(ref deleted, 1);
        using (var next = await _api.ConsumeAsync(key))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, next.StatusCode);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.Equal(0, late);
    }

    [Fact]
    public async Task Over_a_faulty_storage_20000_charges_by_the_unit_agree_with_every_book()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var proxy = await StorageFaultProxy.StartAsync(azurite);

        // A delivery of messages whose answer was cut off comes again after 10 minutes: what they tell is in the log long before that.
        await using var host = await AppFixture.StartAppAsync(AppSettings.For(proxy.ConnectionString));
        var api = new ApiClient(host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 15_000);
        var seed = Random.Shared.Next();
        proxy.Decide = RandomFaults.Of(seed, 0.03).Decide;
        var admitted = 0;
        var unavailable = 0;
        await InParallelAsync(64, 20_000, async () =>
        {
            using var response = await api.ConsumeAsync(key);
            _ = response.StatusCode switch
            {
                HttpStatusCode.OK => Interlocked.Increment(ref admitted),
                HttpStatusCode.ServiceUnavailable => Interlocked.Increment(ref unavailable),
                HttpStatusCode.TooManyRequests => 0,
                _ => throw new InvalidOperationException($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}"),
            };
        });
        proxy.Decide = _ => StorageFault.None;
        await proxy.SettleAsync();

        var books = await api.SettledBooksAsync(key, TimeSpan.FromSeconds(120));
        Assert.True(proxy.ValidationErrors > 30, $"only {proxy.ValidationErrors} faults, seed {seed}");
        Assert.True(books.Used == admitted, $"{admitted} admitted, {unavailable} unavailable, seed {seed}: {books}");
        Assert.Equal(books.Used, books.Ledger);
        Assert.InRange(books.Used, 1, 15_000);
    }

    private static Task InParallelAsync(int clients, int requests, Func<Task> request) => Parallel.ForEachAsync(
        Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = clients }, async (_, _) => await request());
}
