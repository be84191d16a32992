using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Retention;

/// <summary>What tests of retention do in a simulated world. Time passes by whole days, as everything here is old only after many of them.</summary>
internal static class RetentionWorld
{
    public const string Audit = "audit";

    public static Task PassDaysAsync(this AuditWorld world, double days) => world.PassAsync(TimeSpan.FromDays(days).TotalSeconds);

    /// <summary>Issues a key, which is in the index then.</summary>
    public static async Task<TestKey> IssueAsync(this SimulatedInstance instance, string? pool = null)
    {
        var issued = await instance.Keys.CreateAsync(new KeySettings { Name = "a", Quota = 100_000 }, "test", pool, "admin", CancellationToken.None);
        return new TestKey(issued.Key.Locator, issued.Secret);
    }

    /// <summary>Charges, with all of it in the log and out of the ledger.</summary>
    public static async Task ConsumeAndCompactAsync(this SimulatedInstance instance, TestKey key, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var charge = await key.ConsumeAsync(instance);
            await instance.ConsumeAsync(TestKey.MessageOf([await key.NoteAsync(instance, charge)]));
        }
    }

    /// <summary>Puts everything into the log, and out of the ledger: what its process does not tell, an hour later.</summary>
    public static async Task SweepAllAsync(this AuditWorld world)
    {
        var sweeper = world.NewInstance("sweeper");
        for (var i = 0; i < 10; i++)
        {
            await world.PassAsync(600);
            await sweeper.Sweeper.SweepAsync(CancellationToken.None);
        }
    }

    /// <summary>A whole run, from its request to its end.</summary>
    public static async Task RunRetentionAsync(this SimulatedInstance instance)
    {
        var seen = instance.Queues.Messages.Count;
        await instance.Get<IRetentionService>().StartAsync(CancellationToken.None);
        await instance.StepAllAsync(seen);
    }

    /// <summary>Does every step that was asked for, also those that are asked for meanwhile.</summary>
    /// <param name="instance">The instance that does them.</param>
    /// <param name="seen">Messages of its queues that are done with.</param>
    public static async Task StepAllAsync(this SimulatedInstance instance, int seen)
    {
        for (var next = seen; next < instance.Queues.Messages.Count; next++)
        {
            if (instance.Queues.Messages[next] is (StorageNames.RetentionStepsQueue, var message, _))
            {
                await instance.Get<IRetentionService>().StepAsync(message, CancellationToken.None);
            }
        }
    }

    public static int LogRows(this AuditWorld world, TestKey key) =>
        world.Tables.Query(Audit, $"PartitionKey ge '{key.Locator.KeyId}:' and PartitionKey lt '{key.Locator.KeyId};'").Count;

    public static int Days(this AuditWorld world, TestKey key) => world.Tables.Query(
        AuditWorld.Accounts, $"PartitionKey eq '{key.Account}' and RowKey ge 'usage:{key.Locator.KeyId}:' and RowKey lt 'usage:{key.Locator.KeyId};'").Count;

    public static async Task AssertBalancedAsync(this SimulatedInstance instance, TestKey key, long used)
    {
        var books = (await instance.VerifyAsync(key.Locator.KeyId))!;
        Assert.True(books.Balanced, books.ToString());
        Assert.Equal((used, used, used), (books.Used, books.Ledger, books.Audited + books.Unsettled));
    }
}
