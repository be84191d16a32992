namespace QuotaFunctions.Core.Transfer;

/// <summary>Writes everything that is to be kept: keys, pools, ledgers, the log, usage, what admins did, subscriptions.</summary>
public interface IExporter
{
    /// <summary>Writes an export, while charges go on. It holds secrets as hashes only.</summary>
    /// <param name="output">Takes NDJSON.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task WriteAsync(Stream output, CancellationToken cancellationToken);
}
