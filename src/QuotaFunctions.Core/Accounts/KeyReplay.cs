namespace QuotaFunctions.Core.Accounts;

/// <summary>Takes the record of a key on to a later commit, by what the ledger says that was done to it.</summary>
internal static class KeyReplay
{
    /// <summary>True where the ledger says all of what an entry made of the record. Of an admin's act it does not.</summary>
    public static bool Knows(LedgerEntry entry) => entry is not { Kind: LedgerEntryKind.Adjustment, Outcome: not LedgerAdjustments.Refilled };

    /// <summary>Does to a record what an entry of the ledger did.</summary>
    /// <param name="key">The record as it was just before.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="index">The entry's number in it.</param>
    /// <param name="isOfHold">Whether the entry settles a charge that was a hold.</param>
    public static void Apply(KeyState key, LedgerRow commit, int index, bool isOfHold)
    {
        var entry = commit.Entries[index];
        var isCall = entry.ChargeKind == LedgerEntryKind.Forward;
        if (entry.SettledCharge is { } charge)
        {
            key.Settle(charge.Place, entry.FinalCost - entry.Delta, isOfHold, isCall, entry.FinalCost);
        }
        else if (entry.Kind == LedgerEntryKind.Adjustment)
        {
            key.Balance.BeginPeriod(commit.At, new LedgerPosition(commit.Sequence, index));
        }
        else
        {
            key.Take(entry.Delta, entry.HoldUntil > 0, isCall, commit.At);
        }
    }
}
