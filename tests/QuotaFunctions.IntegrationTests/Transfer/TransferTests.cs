using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Transfer;

/// <summary>Exports and imports on a real table.</summary>
public sealed class TransferTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    [Fact]
    public async Task What_is_exported_while_charges_go_on_balances_where_it_is_imported()
    {
        await using var source = await StartAsync("a");
        var keys = await IssueAsync(source);
        using var end = new CancellationTokenSource();
        var charging = ChargeUntilAsync(source, keys, end.Token);
        var consuming = ConsumeUntilAsync(source, end.Token);
        var exports = new List<byte[]>();
        while (exports.Count < 5)
        {
            exports.Add(await ExportAsync(source));
        }

        await end.CancelAsync();
        var granted = await charging;
        await consuming;
        var last = 0L;
        for (var i = 0; i < exports.Count; i++)
        {
            await using var copy = await StartAsync($"b{i}");
            var result = await ImportAsync(copy, exports[i]);
            Assert.Equal((3, 0, 0), (result.Imported, result.AlreadyImported, result.Skipped));
            var used = new List<long>();
            foreach (var key in keys)
            {
                var books = (await copy.VerifyAsync(key.Key.Id))!;
                Assert.True(books.Balanced, $"{key.Key.Id}: {books}: {string.Join("; ", books.Differences)}");
                used.Add(books.Used);

                // What the export did not cover is not in the way of what comes next
                Assert.NotNull((await copy.Engine.ChargeAsync(Consume(key, "next"), CancellationToken.None)).Charge);
                Assert.Equal((true, books.Used + 1), await copy.VerifyAsync(key.Key.Id) is { } next ? (next.Balanced, next.Used) : default);
            }

            Assert.InRange(used.Sum(), last, granted.Sum());
            last = used.Sum();
            output.WriteLine($"{exports[i].Length} bytes: {string.Join(", ", used)} used");
        }

        Assert.InRange(last, 1, granted.Sum());
    }

    [Fact]
    public async Task A_key_goes_on_from_its_numbers_and_both_sides_come_to_the_same()
    {
        await using var source = await StartAsync("a");
        var keys = await IssueAsync(source);
        for (var i = 0; i < 30; i++)
        {
            await source.Engine.ChargeAsync(Consume(keys[i % keys.Count], $"r-{i}"), CancellationToken.None);
        }

        var hold = await source.Engine.ChargeAsync(Forward(keys[0], 50), CancellationToken.None);
        await source.StopAsync();
        await source.ConsumeAsync();
        await using var copy = await StartAsync("b");
        await ImportAsync(copy, await ExportAsync(source));

        foreach (var key in keys)
        {
            var books = await source.VerifyAsync(key.Key.Id);
            Assert.True(books!.Balanced);
            Assert.Equal(books, (await copy.VerifyAsync(key.Key.Id))! with { Differences = books.Differences });
            Assert.Equal(await ReadLogAsync(source, key.Key.Id), await ReadLogAsync(copy, key.Key.Id));
        }

        Assert.NotNull(hold.Charge);
        var next = await copy.Engine.ChargeAsync(Consume(keys[0], "next"), CancellationToken.None);
        Assert.Equal(8 + 50 + 1, next.Quota!.Used);
        Assert.True(next.Charge!.Id.Sequence > hold.Charge.Id.Sequence);
        Assert.Equal(keys.Select(key => key.Key.Id).Order(), await copy.Keys.ListIdsAsync(tenant: null, CancellationToken.None));
        var everything = await copy.Log.ReadAsync(new AuditQuery { PageSize = 1000 }, CancellationToken.None);
        Assert.InRange(everything.Rows.Count, 30, 40);
    }

    [Fact]
    public async Task An_import_that_was_stopped_anywhere_is_completed_by_the_same_file()
    {
        await using var source = await StartAsync("a");
        var keys = await IssueAsync(source);
        for (var i = 0; i < 60; i++)
        {
            await source.Engine.ChargeAsync(Consume(keys[i % keys.Count], $"r-{i}"), CancellationToken.None);
        }

        await source.StopAsync();
        await source.ConsumeAsync();
        var export = await ExportAsync(source);
        var stopped = 0;
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        for (var after = 3; after < 60; after += 4)
        {
            // Every request after so many is refused, as if the process were gone.
            var writes = 0;
            var prefix = $"{_prefix}c{after}";
            await using var first = await EngineUnderTest.StartAsync(proxy.ConnectionString, prefix);
            proxy.Decide = request => Interlocked.Increment(ref writes) > after ? StorageFault.CutBefore : StorageFault.None;
            using var gone = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await ImportAsync(first, export, cancellationToken: gone.Token);
            }
            catch (Exception failure) when (StorageErrors.IsTransient(failure) || failure is OperationCanceledException)
            {
                stopped++;
            }

            proxy.Decide = _ => StorageFault.None;
            await using var second = await EngineUnderTest.StartAsync(azurite.ConnectionString, prefix);
            var result = await ImportAsync(second, export);
            Assert.Equal((3, 0), (result.Imported + result.AlreadyImported, result.Skipped));
            foreach (var key in keys)
            {
                Assert.Equal(await source.VerifyAsync(key.Key.Id), await second.VerifyAsync(key.Key.Id));
                Assert.NotNull((await second.Engine.ChargeAsync(Consume(key, "next"), CancellationToken.None)).Charge);
            }
        }

        Assert.InRange(stopped, 5, 100);
    }

    [Fact]
    public async Task Nothing_that_is_there_is_overwritten()
    {
        await using var source = await StartAsync("a");
        var keys = await IssueAsync(source);
        await source.Engine.ChargeAsync(Consume(keys[0], "r"), CancellationToken.None);
        var export = await ExportAsync(source);
        await source.Engine.ChargeAsync(Consume(keys[0], "r2"), CancellationToken.None);

        var again = await ImportAsync(source, export);
        Assert.Equal((0, 0, 3), (again.Imported, again.AlreadyImported, again.Skipped));
        Assert.Equal(2, (await source.VerifyAsync(keys[0].Key.Id))!.Used);

        await using var copy = await StartAsync("b");
        var dry = await ImportAsync(copy, export, isDryRun: true);
        Assert.Equal((true, 3), (dry.IsDryRun, dry.Imported));
        Assert.Empty(await copy.Keys.ListIdsAsync(tenant: null, CancellationToken.None));
        Assert.Null(await copy.Get<IBookVerifier>().VerifyAsync(keys[0].Key.Id, isDeep: false, CancellationToken.None));
        await ImportAsync(copy, export);
        await copy.Engine.ChargeAsync(Consume(keys[0], "r3"), CancellationToken.None);
        var repeated = await ImportAsync(copy, export);
        Assert.Equal((0, 3, 0), (repeated.Imported, repeated.AlreadyImported, repeated.Skipped));
        Assert.Equal(2, (await copy.VerifyAsync(keys[0].Key.Id))!.Used);
        Assert.All((await ImportAsync(copy, await ExportAsync(source))).Conflicts, conflict => Assert.Equal("it is there already", conflict.Reason));
    }

    [Fact]
    public async Task A_page_may_take_as_long_as_storage_allows_itself()
    {
        await using var source = await StartAsync("a");
        var keys = await IssueAsync(source);
        await source.Engine.ChargeAsync(Consume(keys[0], "r"), CancellationToken.None);
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var slow = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix + "a");
        await using var copy = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix + "b");

        // However often it is asked, and longer than those wait who charge
        var isSlow = new StorageFault { AnswerDelay = TimeSpan.FromSeconds(3) };
        proxy.Decide = request => request.PathAndQuery.Contains(slow.Get<StorageNames>().Audit + "()", StringComparison.Ordinal) ? isSlow : StorageFault.None;
        var export = await ExportAsync(slow);
        proxy.Decide = request => request.PathAndQuery.Contains(copy.Get<StorageNames>().KeyDirectory, StringComparison.Ordinal) ? isSlow : StorageFault.None;
        Assert.Equal(3, (await ImportAsync(copy, export)).Imported);
        Assert.True((await copy.VerifyAsync(keys[0].Key.Id))!.Balanced);
    }

    private Task<EngineUnderTest> StartAsync(string name) => EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix + name);

    /// <summary>Two keys of their own, and two in a pool.</summary>
    private static async Task<IReadOnlyList<IssuedKey>> IssueAsync(EngineUnderTest engine)
    {
        var pool = await engine.Get<IPoolService>().CreateAsync(new PoolSettings { Name = "team", Quota = 1_000_000 }, CancellationToken.None);
        var keys = new List<IssuedKey>();
        foreach (var poolId in new[] { null, null, pool.Id, pool.Id })
        {
            keys.Add(await engine.Keys.CreateAsync(new KeySettings { Name = "=1+1", Quota = 1_000_000 }, "test", poolId, "admin", CancellationToken.None));
        }

        return keys;
    }

    private static async Task<byte[]> ExportAsync(EngineUnderTest engine)
    {
        using var file = new MemoryStream();
        await engine.Get<IExporter>().WriteAsync(file, CancellationToken.None);
        return file.ToArray();
    }

    private static async Task<ImportResult> ImportAsync(EngineUnderTest engine, byte[] export, bool isDryRun = false, CancellationToken cancellationToken = default)
    {
        using var file = await ImportFile.ReceiveAsync(new MemoryStream(export), TimeProvider.System.GetUtcNow(), cancellationToken);
        return await engine.Get<IImporter>().ImportAsync(file, isDryRun, (_, _) => Task.CompletedTask, cancellationToken);
    }

    private static async Task<long[]> ChargeUntilAsync(EngineUnderTest engine, IReadOnlyList<IssuedKey> keys, CancellationToken end)
    {
        var granted = new long[keys.Count];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            for (var i = client; !end.IsCancellationRequested; i += 3)
            {
                var forward = i % 2 == 0;
                var charge = (await engine.Engine.ChargeAsync(forward ? Forward(keys[i % keys.Count], 5) : Consume(keys[i % keys.Count], $"new-{i}"), CancellationToken.None)).Charge;
                if (charge is not null)
                {
                    Interlocked.Add(ref granted[i % keys.Count], forward ? 5 : 1);
                    if (forward)
                    {
                        await engine.Engine.SettleAsync(new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 3, Attempts = 1 }, CancellationToken.None);
                    }
                }
            }
        })));
        return granted;
    }

    private static async Task ConsumeUntilAsync(EngineUnderTest engine, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await engine.ConsumeAsync();
        }
    }

    private static async Task<IReadOnlyList<AuditRow>> ReadLogAsync(EngineUnderTest engine, string keyId) =>
        (await engine.Log.ReadAsync(new AuditQuery { KeyId = keyId, PageSize = 1000 }, CancellationToken.None)).Rows;

    private static ChargeRequest Consume(IssuedKey key, string requestId) => new() { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = requestId };

    private static ChargeRequest Forward(IssuedKey key, long cost) => new()
    {
        Secret = key.Secret,
        Kind = ChargeKind.Forward,
        RequestId = "forward",
        Cost = cost,
        HoldFor = TimeSpan.FromMinutes(5),
    };
}
