using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Tests.Auditing;

public sealed class BookVerifierTests
{
    private const int Charges = 300;

    [Fact]
    public void Books_that_are_compacted_all_the_time_balance_every_time() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var compactor = instance.Get<LedgerCompactor>();
        var verifier = world.NewInstance("b").Get<IBookVerifier>();
        var charging = ChargeAsync();
        var verified = 0;
        while (!charging.IsCompleted)
        {
            var books = (await verifier.VerifyAsync(key.Locator.KeyId, isDeep: false, CancellationToken.None))!;
            Assert.True(books.Balanced, books.ToString());
            verified++;
        }

        await charging;
        Assert.True(verified > 10, $"{verified} times");

        async Task ChargeAsync()
        {
            for (var i = 0; i < Charges; i++)
            {
                var charge = await key.ConsumeAsync(instance);
                var commit = (CommitMessage)await key.NoteAsync(instance, charge);
                await compactor.CompactAsync(key.Account, [new AuditedCommit(commit.Row.Sequence, [.. commit.ToEvents().Select(told =>
                    UsageOfEntry.Of(told.KeyId, told.Id, told.Ledger[0], told.Kind, told.Phase, told.Entry))])], CancellationToken.None);
            }
        }
    });

    [Fact]
    public void What_is_missing_in_the_books_is_told() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var charge = await key.ConsumeAsync(instance);
        world.Tables.Apply(AuditWorld.Accounts, [new(
            Azure.Data.Tables.TableTransactionActionType.Delete,
            new Azure.Data.Tables.TableEntity(key.Account, AccountRowKeys.Commit(charge.Id.Sequence)), Azure.ETag.All)]);

        var books = (await instance.Get<IBookVerifier>().VerifyAsync(key.Locator.KeyId, isDeep: false, CancellationToken.None))!;

        Assert.Equal((false, 1, 0), (books.Balanced, books.Used, books.Ledger));
    });
}
