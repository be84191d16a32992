using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Transfer;

/// <summary>Exports of a pool with many keys that two instances charge without a pause, while admins act, quotas are refilled and the ledger is compacted.</summary>
public sealed class BusyPoolTests
{
    private const int Keys = 40;
    private const int Clients = 12;

    [Fact]
    public void What_is_exported_is_the_pool_as_of_one_commit_and_balances_where_it_is_imported() => AuditWorld.Run(2, async world =>
    {
        world.Tables.HasShortPages = true;
        var queue = new AuditQueue(world.World);
        var instances = new[] { "one", "two" }.Select(name => new SimulatedInstance(world.World, world.Tables, queue, name, LeaseMode.Off) { Distance = 2 }).ToList();
        var pool = await instances[0].Pools.CreateAsync(new PoolSettings { Name = "team", Quota = 10_000_000 }, CancellationToken.None);
        var keys = new List<TestKey>();
        while (keys.Count < Keys)
        {
            keys.Add(await IssueAsync(instances[0], pool.Id, keys.Count));
        }

        var history = new PoolHistory(world.Tables, pool.Id);
        world.Tables.Observer = history.Note;

        // To a moment before midnight, when the keys are refilled
        await world.PassAsync(TimeSpan.FromHours(4).TotalSeconds - 0.2);
        var isOver = false;
        var traffic = Enumerable.Range(0, Clients).Select(client => world.World.Spawn(() => ChargeAsync(instances[client % instances.Count], client)))
            .Append(world.World.Spawn(ActAsync)).Append(world.World.Spawn(CompactAsync)).ToList();

        // So far from the storage that no two of its readings are without a commit in between
        var exporter = new SimulatedInstance(world.World, world.Tables, queue, "exporter", LeaseMode.Off) { Distance = 200 };
        var exports = new List<byte[]>();
        while (exports.Count < 2)
        {
            exports.Add(await TransferWorld.ExportAsync(exporter));
        }

        isOver = true;
        await Task.WhenAll(traffic);
        foreach (var export in exports)
        {
            history.AssertIsOfOneCommit(export);
            var copy = TransferWorld.NewStorage(world);
            Assert.Equal(1, (await TransferWorld.ImportAsync(copy, export)).Imported);
            foreach (var id in await copy.Keys.ListIdsAsync(tenant: null, CancellationToken.None))
            {
                var books = (await copy.VerifyAsync(id))!;
                Assert.True(books.Balanced, $"{id}: {books}");
            }
        }

        async Task ChargeAsync(SimulatedInstance instance, int client)
        {
            for (var i = client; !isOver; i++)
            {
                // The first is a hot one
                var key = keys[i % 2 == 0 ? 0 : world.World.Random.Next(keys.Count)];
                if (i % 3 == 0)
                {
                    Assert.NotNull(await key.ConsumeAsync(instance));
                }
                else if (await key.ForwardAsync(instance, 5) is { } charge)
                {
                    await instance.Engine.SettleAsync(new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 3, Attempts = 1 }, CancellationToken.None);
                }
            }
        }

        async Task ActAsync()
        {
            for (var i = 0; !isOver; i++)
            {
                // The ledger does not say what an act made of a key: an export waits for a moment without one
                await world.PassAsync(5);
                var key = keys[world.World.Random.Next(Keys)].Locator.KeyId;
                await ((i % 4) switch
                {
                    0 => (Task)instances[1].Keys.TopUpAsync(key, 10, "admin", CancellationToken.None),
                    1 => instances[1].Keys.ResetAsync(key, null, "admin", CancellationToken.None),
                    2 => instances[1].Keys.ChangeAsync(key, known => (known.Settings with { Name = $"b{i}" }, known.Status), "admin", CancellationToken.None),
                    _ => AddAsync(),
                });
            }
        }

        async Task AddAsync() => keys.Add(await IssueAsync(instances[1], pool.Id, keys.Count));

        async Task CompactAsync()
        {
            while (!isOver)
            {
                await world.PassAsync(0.1);
                while (queue.Count > 0)
                {
                    await instances[1].ConsumeAsync(queue.Take());
                }
            }
        }
    });

    /// <summary>Makes a key: some with a rate, some that are refilled, some that have their calls counted.</summary>
    private static async Task<TestKey> IssueAsync(SimulatedInstance instance, string poolId, int number)
    {
        var settings = new KeySettings
        {
            Name = "a",
            Quota = 1_000_000,
            RateLimitPerMinute = number % 3 == 0 ? 100_000 : null,
            Refill = number % 2 == 0 ? new RefillPolicy { Period = RefillPeriod.Daily, Amount = 1_000_000, Rollover = number % 4 == 0 } : null,
            MaxConcurrent = number % 5 == 0 ? 1000 : null,
        };
        var issued = await instance.Keys.CreateAsync(settings, "test", poolId, "admin", CancellationToken.None);
        return new TestKey(issued.Key.Locator, issued.Secret);
    }

    /// <summary>The records of a pool's keys as each commit left them.</summary>
    private sealed class PoolHistory(SimulatedTables tables, string poolId)
    {
        private readonly Dictionary<string, List<(long Sequence, string Record)>> _records = tables
            .Query(AuditWorld.Accounts, $"PartitionKey eq '{poolId}' and {AccountRowKeys.AllKeys}")
            .ToDictionary(row => row.RowKey, row => new List<(long, string)> { (0, TextOf(row)) });

        public void Note(string table, IReadOnlyList<TableTransactionAction> actions)
        {
            foreach (var row in actions.Select(action => action.Entity).Where(row => table == AuditWorld.Accounts && AccountRowKeys.KeyOf(row.RowKey) is not null))
            {
                var sequence = AccountEntity.SequenceOf(tables.Find(table, poolId, AccountRowKeys.Pool)!);
                if (!_records.TryGetValue(row.RowKey, out var records))
                {
                    _records.Add(row.RowKey, records = []);
                }

                records.Add((sequence, TextOf(tables.Find(table, poolId, row.RowKey)!)));
            }
        }

        public void AssertIsOfOneCommit(byte[] export)
        {
            var rows = Encoding.UTF8.GetString(export).Split('\n')
                .Where(line => line.StartsWith("{\"type\":\"row\",\"table\":\"accounts\"", StringComparison.Ordinal))
                .Select(line => RowLine.Read(JsonDocument.Parse(line).RootElement).Row).ToList();
            var pool = Assert.Single(rows, row => row.RowKey == AccountRowKeys.Pool);
            var keys = rows.Where(row => AccountRowKeys.KeyOf(row.RowKey) is not null).ToList();
            Assert.InRange(keys.Count, Keys, int.MaxValue);
            foreach (var key in keys)
            {
                Assert.Equal(_records[key.RowKey].Last(record => record.Sequence <= AccountEntity.SequenceOf(pool)).Record, TextOf(key));
            }

            Assert.Equal(rows.Where(row => AccountRowKeys.IsCommit(row.RowKey)).Max(row => AccountRowKeys.SequenceOf(row.RowKey)), AccountEntity.SequenceOf(pool));
        }

        private static string TextOf(TableEntity row)
        {
            using var line = new MemoryStream();
            RowLine.Write(line, ExportFormat.Accounts, row);
            var values = JsonDocument.Parse(line.ToArray()).RootElement.GetProperty("values").EnumerateObject();
            return string.Join('\n', values.Select(value => value.ToString()).Order(StringComparer.Ordinal));
        }
    }
}
