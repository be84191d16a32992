using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Auditing;

/// <summary>What entries of the ledger, and what the log says of them, add to the counts of their keys.</summary>
internal static class UsageOfEntry
{
    private static readonly string Consumed = OutcomeNames.Of(ChargeOutcome.Consumed);

    /// <summary>What an entry adds that is wholly in the log.</summary>
    /// <param name="keyId">The key, or the pool.</param>
    /// <param name="charge">The charge that it belongs to, or the act.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="kind">The kind of the charge, or an adjustment.</param>
    /// <param name="phase">The last phase that the log has of it.</param>
    /// <param name="word">What the log says.</param>
    public static AuditedEntry Of(string keyId, ChargeId charge, LedgerEntryRef entry, LedgerEntryKind kind, AuditPhase phase, AuditEntry word)
    {
        if (KeyLocator.IsPoolId(keyId))
        {
            return new AuditedEntry(keyId, entry.Delta, entry.PoolDelta, Usage: null);
        }

        var sum = new UsageSum();
        ProvisionalCharge? provisional = null;
        if (kind == LedgerEntryKind.Adjustment)
        {
            sum.Adjusted = entry.Delta;
        }
        else
        {
            var counts = sum.Of(word.Provider, word.Model);
            var isOwn = charge.Place == new LedgerPosition(entry.Sequence, entry.Index);
            if (kind == LedgerEntryKind.Consume)
            {
                // Counted as consumed at first, whatever is known by now; what its client reports is in the ledger, too.
                counts.Add(Consumed, isOwn ? 1 : -1);
            }

            if (isOwn == (kind == LedgerEntryKind.Forward))
            {
                Count(counts, word);
            }

            counts.Units += entry.Delta;
            if (isOwn && kind == LedgerEntryKind.Forward && phase != AuditPhase.Final)
            {
                provisional = new ProvisionalCharge(keyId, charge, (int)phase);
            }
        }

        return new AuditedEntry(keyId, entry.Delta, entry.PoolDelta, new UsageChange(keyId, word.At, sum), provisional);
    }

    /// <summary>What a charge adds more once the log says more of it.</summary>
    /// <param name="keyId">The key.</param>
    /// <param name="before">What the log said when it was counted.</param>
    /// <param name="after">What the log says now.</param>
    public static UsageChange Between(string keyId, AuditEntry before, AuditEntry after)
    {
        var (was, sum) = (new UsageSum(), new UsageSum());
        Count(was.Of(before.Provider, before.Model), before);
        Count(sum.Of(after.Provider, after.Model), after);
        sum.Add(was, -1);
        return new UsageChange(keyId, after.At, sum);
    }

    /// <summary>What a row of the log says, counted.</summary>
    public static UsageChange Of(string keyId, AuditEntry row)
    {
        var sum = new UsageSum();
        if (OutcomeNames.All.Contains(row.Outcome ?? ""))
        {
            var counts = sum.Of(row.Provider, row.Model);
            Count(counts, row);
            counts.Units = row.Cost;
        }
        else
        {
            sum.Adjusted = row.Cost;
        }

        return new UsageChange(keyId, row.At, sum);
    }

    private static void Count(UsageCounts counts, AuditEntry word)
    {
        var outcome = word.Outcome ?? OutcomeNames.Of(ChargeOutcome.Unknown);
        counts.Add(outcome, 1);
        counts.TokensIn += word.TokensIn ?? 0;
        counts.TokensOut += word.TokensOut ?? 0;
        if (word.Cost == 0 && UsageCounts.IsFailure(outcome))
        {
            counts.Refunded++;
        }

        if (word.LatencyMs is { } latency)
        {
            counts.Latency.Add(latency);
        }
    }
}
