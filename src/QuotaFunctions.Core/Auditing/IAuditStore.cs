using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>The log as it is stored.</summary>
internal interface IAuditStore
{
    /// <summary>Writes events, in any order; may be repeated. What cannot be written is thrown once all else is.</summary>
    Task WriteAsync(IReadOnlyCollection<AuditEvent> events, CancellationToken cancellationToken);

    /// <summary>Reads what the log says of a charge, up to a phase; null where that is nothing.</summary>
    Task<LoggedCharge?> FindAsync(string keyId, ChargeId id, AuditPhase upTo, CancellationToken cancellationToken);

    /// <summary>Reads what the log says of charges of any keys; those of which that is nothing are left out, and others may be there, too.</summary>
    Task<IReadOnlyDictionary<(string KeyId, ChargeId Id), LoggedCharge>> FindAsync(
        IEnumerable<(string KeyId, ChargeId Id)> charges, CancellationToken cancellationToken);

    /// <summary>Reads a key's log, the newest first: whole days (UTC), so some of it may lie outside of the moments that are asked for.</summary>
    /// <param name="keyId">Whose.</param>
    /// <param name="from">The earliest moment that is wanted, or null.</param>
    /// <param name="to">The first moment that is not wanted any more, or null.</param>
    /// <param name="after">What to go on after, or null.</param>
    /// <param name="count">How many will be read, or null where that is not known: storage is then asked for as many at a time as it gives.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<LoggedCharge> ReadAsync(
        string keyId, DateTimeOffset? from, DateTimeOffset? to, ChargeId? after, long? count, CancellationToken cancellationToken);

    /// <summary>Reads what of a key's day is in the log for a run of commits.</summary>
    Task<IReadOnlyDictionary<ChargeId, LoggedCharge>> ReadWrittenAsync(
        string keyId, int day, long firstSequence, long lastSequence, CancellationToken cancellationToken);
}

/// <summary>What the log says of a charge or an act.</summary>
/// <param name="Id">Which.</param>
/// <param name="Phase">The last phase that it has.</param>
/// <param name="Entry">All that is known.</param>
internal sealed record LoggedCharge(ChargeId Id, AuditPhase Phase, AuditEntry Entry)
{
    /// <summary>True where it says how the charge ended.</summary>
    public bool IsFinal => Phase != AuditPhase.Admitted;
}
