namespace QuotaFunctions.Core.Auditing;

/// <summary>Adds the books of all keys up by turns, and keeps what it found.</summary>
public interface IBookInspector
{
    /// <summary>Adds up the books of the next keys. May be repeated, and run on several instances at a time.</summary>
    /// <param name="keyIds">All keys.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task InspectAsync(IReadOnlyList<string> keyIds, CancellationToken cancellationToken);

    /// <summary>By how many units the books do not balance that were added up last, all keys together; null where none were.</summary>
    Task<long?> ReadImbalanceAsync(CancellationToken cancellationToken);

    /// <summary>The keys whose books did not balance when they were added up last.</summary>
    Task<IReadOnlyList<Imbalance>> ReadUnbalancedAsync(CancellationToken cancellationToken);
}

/// <summary>Books that do not balance.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Units">By how many units, 1 or more.</param>
public sealed record Imbalance(string KeyId, long Units);
