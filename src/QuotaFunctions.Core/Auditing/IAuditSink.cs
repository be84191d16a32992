namespace QuotaFunctions.Core.Auditing;

/// <summary>Takes what the log is to be told.</summary>
internal interface IAuditSink
{
    /// <summary>
    /// Takes a note. While there is no room, an <see cref="AuditEvent"/> waits; any other note is dropped, as the ledger says the same.
    /// </summary>
    ValueTask WriteAsync(AuditMessage note, CancellationToken cancellationToken);
}
