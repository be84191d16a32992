using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>How the last call with an Idempotency-Key stands.</summary>
internal enum CallStage
{
    /// <summary>Nobody has settled it.</summary>
    UnderWay,

    /// <summary>It has ended, and its answer is kept.</summary>
    AnswerKept,

    /// <summary>It has ended, its answer is gone, and the request may be forwarded once more.</summary>
    AnswerGone,

    /// <summary>The same, but the request was forwarded once more already.</summary>
    Exhausted,
}

/// <summary>What an account knows of the calls that were made with an Idempotency-Key.</summary>
/// <param name="claim">The Idempotency-Key, and what it stands for now.</param>
/// <param name="locator">Whose it is.</param>
internal sealed class EarlierCall(IdempotencyClaim claim, KeyLocator locator)
{
    private readonly Dictionary<ChargeId, Repetition> _settled = [];
    private IdempotencyRecord? _record;

    /// <summary>Reads the Idempotency-Key's record, and which of its charges are settled.</summary>
    public async Task ReadAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _settled.Clear();
        _record = await store.FindIdempotencyRecordAsync(locator, claim.Key, now, cancellationToken);
        ChargeId?[] charges = [_record?.Charge, _record?.Again?.Charge];
        foreach (var charge in charges.OfType<ChargeId>())
        {
            if (await store.FindSettlementAsync(locator, charge, cancellationToken) is { } settled)
            {
                _settled[charge] = settled.Repetition;
            }
        }
    }

    /// <summary>The record that counts: of this commit, else the one that was read. Null where the request is as good as new.</summary>
    public IdempotencyRecord? Find(AccountTransaction transaction)
    {
        var inThisCommit = transaction.SideRows.OfType<SideRow.Idempotency>()
            .LastOrDefault(row => row.KeyId == locator.KeyId && row.Record.IdempotencyKey == claim.Key)?.Record;
        var record = inThisCommit ?? (_record?.At + IdempotencyRecord.Lifetime > transaction.At ? _record : null);
        return record is not null && RepetitionOf(transaction, record.Charge) != Repetition.Anew ? record : null;
    }

    /// <summary>How the last call stands, and which it is.</summary>
    public (CallStage Stage, RepeatedCall Call) LastOf(AccountTransaction transaction, IdempotencyRecord record)
    {
        // One that came to nothing was not the one time that the request may be forwarded again.
        var again = record.Again is { } call && RepetitionOf(transaction, call.Charge) != Repetition.Anew ? record.Again : null;
        var last = again ?? new RepeatedCall(record.Charge, record.At);
        var stage = RepetitionOf(transaction, last.Charge) switch
        {
            null => CallStage.UnderWay,
            Repetition.KeptAnswer => CallStage.AnswerKept,
            _ => again is null ? CallStage.AnswerGone : CallStage.Exhausted,
        };
        return (stage, last);
    }

    /// <summary>What a repetition of a charge gets; null where the charge is not settled.</summary>
    private Repetition? RepetitionOf(AccountTransaction transaction, ChargeId charge) =>
        transaction.SideRows.OfType<SideRow.SettlementMarker>().FirstOrDefault(row => row.KeyId == locator.KeyId && row.Charge == charge)?.Repetition
        ?? (_settled.TryGetValue(charge, out var repetition) ? repetition : null);
}
