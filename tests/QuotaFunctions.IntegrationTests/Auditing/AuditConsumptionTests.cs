using System.Text.Json;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Auditing;

/// <summary>Messages to the log on a real storage. What they take is printed; how many calls they make is held to in the unit tests.</summary>
public sealed class AuditConsumptionTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int KeyCount = 100;

    [Fact]
    public async Task A_message_about_many_keys_is_in_the_log_and_out_of_their_ledgers()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var keys = await NewKeysAsync(engine);
        for (var round = 1; round <= 3; round++)
        {
            var message = await NewMessageAsync(engine, keys);
            var start = TimeProvider.System.GetTimestamp();
            await engine.Get<IAuditEventConsumer>().ConsumeAsync(message, CancellationToken.None);
            output.WriteLine($"round {round}: {message.Length} characters, {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");

            await CheckAsync(engine, keys, round);
        }
    }

    /// <summary>As the host brings them with a batch size of 4, all about the same keys: they compact the same sums.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Messages_about_the_same_keys_are_consumed_at_once(int atOnce)
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var keys = await NewKeysAsync(engine);
        var messages = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            messages.Add(await NewMessageAsync(engine, keys));
        }

        var start = TimeProvider.System.GetTimestamp();
        await Clients.AskAsync(atOnce, messages.Count, async index =>
        {
            await engine.Get<IAuditEventConsumer>().ConsumeAsync(messages[index], CancellationToken.None);
            return index;
        });
        output.WriteLine($"{atOnce} at once: {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds / messages.Count:0} ms a message");

        await CheckAsync(engine, keys, messages.Count);
    }

    private static async Task<List<IssuedKey>> NewKeysAsync(EngineUnderTest engine)
    {
        var settings = new KeySettings { Name = "a", Quota = 100 };
        var keys = await Clients.AskAsync(8, KeyCount, _ => engine.Keys.CreateAsync(settings, "sim", null, "admin", CancellationToken.None));
        return keys;
    }

    /// <summary>Charges each of the keys once. Returns the message that tells the log.</summary>
    private static async Task<string> NewMessageAsync(EngineUnderTest engine, List<IssuedKey> keys)
    {
        var notes = await Clients.AskAsync<AuditMessage>(8, keys.Count, async index =>
        {
            var request = new ChargeRequest { Secret = keys[index].Secret, Kind = ChargeKind.Consume, RequestId = "r" };
            var charge = (await engine.Engine.ChargeAsync(request, CancellationToken.None)).Charge!;
            var row = await engine.Get<IAccountStore>().FindCommitAsync(charge.Key.AccountId, charge.Id.Sequence, CancellationToken.None);
            return new CommitMessage { AccountId = charge.Key.AccountId, Row = row! };
        });
        return JsonSerializer.Serialize(notes, AuditJson.Default.ListAuditMessage);
    }

    private static async Task CheckAsync(EngineUnderTest engine, List<IssuedKey> keys, int used)
    {
        foreach (var key in keys.Take(5))
        {
            Assert.Equal(new Verification(true, used, used, used, 0), await engine.VerifyAsync(key.Key.Id));
            Assert.Empty((await engine.Get<LedgerReader>().ReadAsync(key.Key.Locator.AccountId, key.Key.Id, CancellationToken.None)).Open);
        }
    }
}
