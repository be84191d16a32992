using System.Text.Json;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;
using QuotaFunctions.IntegrationTests.Quotas;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Auditing;

/// <summary>What a message to the log costs on a real storage.</summary>
public sealed class AuditConsumptionTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task A_message_about_many_keys_is_in_the_log_and_out_of_their_ledgers()
    {
        const int keyCount = 100;
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var keys = new List<IssuedKey>();
        for (var i = 0; i < keyCount; i++)
        {
            keys.Add(await engine.Keys.CreateAsync(new KeySettings { Name = "a", Quota = 100 }, "sim", null, "admin", CancellationToken.None));
        }

        for (var round = 1; round <= 3; round++)
        {
            var notes = new List<AuditNote>();
            foreach (var key in keys)
            {
                var request = new ChargeRequest { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = "r" };
                var charge = (await engine.Engine.ChargeAsync(request, CancellationToken.None)).Charge!;
                var row = await engine.Get<IAccountStore>().FindCommitAsync(charge.Key.AccountId, charge.Id.Sequence, orPage: false, CancellationToken.None);
                notes.Add(new CommitNote { AccountId = charge.Key.AccountId, Row = row! });
            }

            var message = JsonSerializer.Serialize(notes, AuditJson.Default.ListAuditNote);
            var start = TimeProvider.System.GetTimestamp();
            await engine.Get<IAuditEventConsumer>().ConsumeAsync(message, CancellationToken.None);
            output.WriteLine($"round {round}: {message.Length} characters, {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");

            foreach (var key in keys.Take(5))
            {
                Assert.Equal(new Verification(true, round, round, round, 0), await engine.Log.VerifyAsync(key.Key.Id, CancellationToken.None));
                Assert.Empty((await engine.Get<LedgerBooks>().ReadAsync(key.Key.Locator.AccountId, key.Key.Id, CancellationToken.None)).Open);
            }
        }
    }
}
