using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Counts charges anew whose ends were told only after they had been counted.</summary>
internal sealed class UsageRecount(IAuditStore log, LedgerCompactor compactor)
{
    /// <summary>Does so for one account.</summary>
    public Task RunAsync(string accountId, CancellationToken cancellationToken) =>
        compactor.RecountAsync(accountId, charge => CompareAsync(charge, cancellationToken), cancellationToken);

    private async Task<(UsageChange Change, int? CountedBy)?> CompareAsync(ProvisionalCharge charge, CancellationToken cancellationToken)
    {
        if (await log.FindAsync(charge.KeyId, charge.Id, AuditPhase.Final, cancellationToken) is not { } now || (int)now.Phase <= charge.CountedBy
            || await log.FindAsync(charge.KeyId, charge.Id, (AuditPhase)charge.CountedBy, cancellationToken) is not { } before)
        {
            return null;
        }

        return (UsageOfEntry.Between(charge.KeyId, before.Entry, now.Entry), now.Phase == AuditPhase.Final ? null : (int)now.Phase);
    }
}
