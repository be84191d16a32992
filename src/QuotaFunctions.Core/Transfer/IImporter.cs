namespace QuotaFunctions.Core.Transfer;

/// <summary>Brings an export back. What is there already is never overwritten.</summary>
public interface IImporter
{
    /// <summary>Imports a file. It may be stopped at any moment and called again with the same file: it goes on where it stopped.</summary>
    /// <param name="file">The file, which is good.</param>
    /// <param name="isDryRun">True only says what would be done.</param>
    /// <param name="report">Is told about once a second how far it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<ImportResult> ImportAsync(ImportFile file, bool isDryRun, Func<ImportProgress, CancellationToken, Task> report, CancellationToken cancellationToken);
}

/// <summary>How far an import is.</summary>
/// <param name="Step"><c>checking</c> what is there already, then <c>writing</c>.</param>
/// <param name="Lines">Lines that are done.</param>
/// <param name="Total">All lines.</param>
public sealed record ImportProgress(string Step, long Lines, long Total);

/// <summary>What an import did, or would do.</summary>
public sealed record ImportResult
{
    /// <summary>Conflicts that are listed at the most.</summary>
    public const int MaxConflicts = 100;

    /// <summary>True where nothing was changed.</summary>
    public required bool IsDryRun { get; init; }

    /// <summary>Keys with a quota of their own, and pools with their keys, that were imported whole.</summary>
    public required long Imported { get; init; }

    /// <summary>Those that had been imported before.</summary>
    public required long AlreadyImported { get; init; }

    /// <summary>Those that were left alone, as something else is there.</summary>
    public required long Skipped { get; init; }

    /// <summary>Why: the first of them.</summary>
    public required IReadOnlyList<ImportConflict> Conflicts { get; init; }
}

/// <summary>An account that was left alone.</summary>
/// <param name="Account">The key's or the pool's id.</param>
/// <param name="Reason">Why.</param>
public sealed record ImportConflict(string Account, string Reason);
