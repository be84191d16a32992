using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Keys;

/// <summary>A table that is missing, as real storage says it: nobody is told that its key is wrong.</summary>
public sealed class MissingTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    [Theory]
    [InlineData("keydirectory")]
    [InlineData("accounts")]
    public async Task A_good_key_is_unavailable_and_not_unknown(string table)
    {
        KeySecret secret;
        await using (var before = await EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix))
        {
            secret = (await before.Keys.CreateAsync(new KeySettings { Name = "n", Quota = 5 }, "test", null, "admin", default)).Secret;
            await before.StopAsync();
        }

        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix);
        await engine.Get<TableServiceClient>().DeleteTableAsync(_prefix + table);

        var charge = await engine.Engine.ChargeAsync(new ChargeRequest { Secret = secret, Kind = ChargeKind.Consume, RequestId = "r" }, default);
        Assert.Equal(ChargeRefusal.QuotaUnavailable, charge.Refusal);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => engine.Keys.CheckAsync(secret, address: null, default));
        Assert.True(StorageErrors.IsTransient(failure), failure.ToString());
        await engine.StopAsync();
    }

    /// <summary>A row that is missing means that a lease is over, that nothing is compacted yet, that a charge is not in the log.</summary>
    [Fact]
    public async Task A_missing_table_is_not_taken_for_a_missing_row()
    {
        const string account = "key_missing";
        var lease = new LeaseState { Id = "lease", AccountId = account, Owner = "other", Allotment = 1, FirstSequence = 1, Sequence = 1, Until = default };
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix);
        Func<Task>[] reads =
        [
            () => engine.Get<IAccountStore>().CloseLeaseAsync(lease, default),
            () => engine.Get<LedgerReader>().ReadSumAsync(account, account, default),
            () => engine.Get<IAuditStore>().FindAsync(account, new ChargeId(20260302, 1, 0), AuditPhase.Final, default),
        ];
        foreach (var read in reads)
        {
            await read();
        }

        await engine.Get<TableServiceClient>().DeleteTableAsync(engine.Get<StorageNames>().Accounts);
        await engine.Get<TableServiceClient>().DeleteTableAsync(engine.Get<StorageNames>().Audit);

        foreach (var read in reads)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(read);
            Assert.True(StorageErrors.IsTransient(failure), failure.ToString());
        }

        await engine.StopAsync();
    }
}
