using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>Is told what was committed and how charges ended. An implementation may wait for room, and never throws for what it is told.</summary>
internal interface ICommitListener
{
    /// <summary>A commit was carried out.</summary>
    ValueTask OnCommittedAsync(string accountId, LedgerRow row, CancellationToken cancellationToken);

    /// <summary>A charge ended.</summary>
    /// <param name="settlement">How.</param>
    /// <param name="cost">What it came to, in units.</param>
    /// <param name="correction">The ledger's entry that corrected the cost; null where the cost stood.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    ValueTask OnSettledAsync(Settlement settlement, long cost, LedgerEntryRef? correction, CancellationToken cancellationToken);
}

/// <summary>Finds charges whose ledger rows are gone.</summary>
internal interface IChargeHistory
{
    /// <summary>Finds what a client charged itself; null where there is no such charge, or it was another kind, or has been settled.</summary>
    Task<ConsumedCharge?> FindConsumedAsync(string keyId, ChargeId id, CancellationToken cancellationToken);
}

/// <summary>A charge of <see cref="ChargeKind.Consume"/> that stands.</summary>
/// <param name="Cost">In units.</param>
/// <param name="At">When it was taken.</param>
/// <param name="RequestId">The request's id, or null.</param>
internal sealed record ConsumedCharge(long Cost, DateTimeOffset At, string? RequestId);
