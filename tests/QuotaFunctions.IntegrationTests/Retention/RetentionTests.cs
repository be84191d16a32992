using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Retention;

/// <summary>Retention on a real table, behind something that delays, cuts connections, answers errors and carries requests out twice.</summary>
public sealed class RetentionTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    [Fact]
    public async Task The_books_balance_while_old_days_go_and_charges_go_on_over_bad_connections()
    {
        var keys = await ChargeLongAgoAsync();
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var first = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        await using var second = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        await second.Get<QueueServiceClient>().GetQueueClient(StorageNames.RetentionStepsQueue).CreateIfNotExistsAsync();

        proxy.Decide = RandomFaults.Of(7, 0.01).Decide;
        using var end = new CancellationTokenSource();
        var charging = ChargeUntilAsync(first, keys, end.Token);
        var verifying = VerifyUntilAsync(second, keys, end.Token);
        await Eventually.GetAsync(async () => await second.Get<IRetentionService>().StartAsync(CancellationToken.None));
        await Task.WhenAll(StepToTheEndAsync(first), StepToTheEndAsync(second));
        await end.CancelAsync();
        var (granted, verified) = (await charging, await verifying);
        proxy.Decide = _ => StorageFault.None;
        output.WriteLine($"{granted.Sum()} granted, {verified} times verified, {proxy.ValidationErrors} faults in {proxy.Requests} requests");

        // What a fault kept is done by the next run
        await second.Get<IRetentionService>().StartAsync(CancellationToken.None);
        await StepToTheEndAsync(second);
        await first.StopAsync();
        await proxy.SettleAsync();
        await second.ConsumeAsync();
        for (var i = 0; i < keys.Count; i++)
        {
            var used = OldCharges + granted[i];
            Assert.Equal(new Verification(true, used, used, used, 0), await second.VerifyAsync(keys[i].Key.Id));
            Assert.Equal(granted[i], await CountLogAsync(second, keys[i].Key.Id));
        }

        Assert.InRange(verified, 3, int.MaxValue);
        var left = await second.Get<TableServiceClient>().GetTableClient(second.Get<StorageNames>().AuditIndex)
            .QueryAsync<TableEntity>(AuditIndex.Before(TimeProvider.System.GetUtcNow().AddDays(-190))).ToListAsync();
        Assert.Empty(left);
    }

    [Fact]
    public async Task A_note_whose_answer_is_lost_is_not_taken_for_another_instances()
    {
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var engine = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        var runs = engine.Get<RetentionRunTable>();
        Assert.True(await runs.TryWriteAsync(RetentionRun.None.Next(TimeProvider.System.GetUtcNow(), "log"), CancellationToken.None));
        var (run, _) = await runs.ReadAsync(CancellationToken.None);
        var lost = false;
        proxy.Decide = request => request.Method == "PUT" && request.PathAndQuery.Contains("retention", StringComparison.Ordinal) && !Interlocked.Exchange(ref lost, true)
            ? StorageFault.CutAfter
            : StorageFault.None;

        Assert.True(await runs.TryWriteAsync(run with { Cursor = "mine" }, CancellationToken.None));

        Assert.True(lost);
        Assert.False(await runs.TryWriteAsync(run with { Cursor = "late" }, CancellationToken.None));
        Assert.Equal("mine", (await runs.ReadAsync(CancellationToken.None)).Run.Cursor);
        await engine.StopAsync();
    }

    private const int OldCharges = 600;

    /// <summary>Charges of three days that are two hundred days old, with all of it in the log.</summary>
    private async Task<IReadOnlyList<IssuedKey>> ChargeLongAgoAsync()
    {
        var clock = new EarlierClock();
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix, clock);
        var pool = await engine.Get<IPoolService>().CreateAsync(new PoolSettings { Name = "team", Quota = 1_000_000 }, CancellationToken.None);
        var keys = new List<IssuedKey>();
        foreach (var poolId in new[] { null, pool.Id })
        {
            keys.Add(await engine.Keys.CreateAsync(new KeySettings { Name = "old", Quota = 1_000_000 }, "test", poolId, "admin", CancellationToken.None));
        }

        for (var day = 0; day < 3; day++)
        {
            clock.Behind = TimeSpan.FromDays(202 - day);
            var results = await Clients.AskAsync(
                clients: 8, requests: keys.Count * OldCharges / 3, i => engine.Engine.ChargeAsync(Consume(keys[i % keys.Count], $"old-{day}-{i}"), CancellationToken.None));
            Assert.All(results, result => Assert.NotNull(result.Charge));
        }

        await engine.StopAsync();
        await engine.ConsumeAsync();
        foreach (var key in keys)
        {
            Assert.Equal(new Verification(true, OldCharges, OldCharges, OldCharges, 0), await engine.VerifyAsync(key.Key.Id));
            Assert.Equal(OldCharges, await CountLogAsync(engine, key.Key.Id));
        }

        return keys;
    }

    private static async Task<long[]> ChargeUntilAsync(EngineUnderTest engine, IReadOnlyList<IssuedKey> keys, CancellationToken end)
    {
        var granted = new long[keys.Count];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = client; !end.IsCancellationRequested; i += 4)
            {
                if ((await engine.Engine.ChargeAsync(Consume(keys[i % keys.Count], $"new-{i}"), CancellationToken.None)).Charge is not null)
                {
                    Interlocked.Increment(ref granted[i % keys.Count]);
                }
            }
        })));
        return granted;
    }

    private static async Task<int> VerifyUntilAsync(EngineUnderTest engine, IReadOnlyList<IssuedKey> keys, CancellationToken end)
    {
        var verified = 0;
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            try
            {
                var books = (await engine.Get<IBookVerifier>().VerifyAsync(keys[i % keys.Count].Key.Id, isDeep: i % 4 < 2, CancellationToken.None))!;
                Assert.True(books.Balanced, $"{books}: {string.Join("; ", books.Differences)}");
                verified++;
            }
            catch (Exception failure) when (StorageErrors.IsTransient(failure))
            {
                // Nothing is known of the books then, and nothing is said of them
            }
        }

        return verified;
    }

    /// <summary>Does the steps of the run as the host would: a message whose function fails comes again.</summary>
    private static async Task StepToTheEndAsync(EngineUnderTest engine)
    {
        var queue = engine.Get<QueueServiceClient>().GetQueueClient(StorageNames.RetentionStepsQueue);
        while ((await Eventually.GetAsync(async () => await engine.Get<IRetentionService>().ReadAsync(CancellationToken.None))).IsRunning)
        {
            foreach (var message in (await Eventually.GetAsync(async () => await queue.ReceiveMessagesAsync(1, TimeSpan.FromSeconds(5)))).Value)
            {
                await Eventually.GetAsync(async () =>
                {
                    await engine.Get<IRetentionService>().StepAsync(message.Body.ToString(), CancellationToken.None);
                    return "";
                });
                try
                {
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
                }
                catch (Exception notDeleted) when (notDeleted is RequestFailedException || StorageErrors.IsTransient(notDeleted))
                {
                    // It comes again, as does one that took longer than its time
                }
            }
        }
    }

    private static async Task<long> CountLogAsync(EngineUnderTest engine, string keyId)
    {
        var count = 0L;
        for (var query = new AuditQuery { KeyId = keyId, PageSize = 1000 }; ;)
        {
            var page = await engine.Log.ReadAsync(query, CancellationToken.None);
            count += page.Rows.Count;
            if (page.Next is null)
            {
                return count;
            }

            query = query with { Cursor = page.Next };
        }
    }

    private static ChargeRequest Consume(IssuedKey key, string requestId) => new() { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = requestId };

    /// <summary>Shows another time of day, and runs like the system's clock.</summary>
    private sealed class EarlierClock : TimeProvider
    {
        public TimeSpan Behind { get; set; } = TimeSpan.FromDays(202);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - Behind;
    }
}
