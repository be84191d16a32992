using QuotaFunctions.Core.Transfer;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>How far an import is.</summary>
/// <param name="Step">checking what is there already, then writing.</param>
/// <param name="Lines">Lines that are done.</param>
/// <param name="Total">All lines.</param>
internal sealed record ImportProgressResponse(string Step, long Lines, long Total)
{
    public static ImportProgressResponse Of(ImportProgress progress) => new(progress.Step, progress.Lines, progress.Total);
}

/// <summary>Why an import stopped.</summary>
/// <param name="Error">What to do.</param>
internal sealed record ImportFailureResponse(string Error);

/// <summary>What an import did, or would do.</summary>
internal sealed record ImportResponse
{
    /// <summary>True where nothing was changed.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Keys with a quota of their own, and pools with their keys, that are imported whole.</summary>
    [Example(120)]
    public required long Imported { get; init; }

    /// <summary>Those that this import had brought before.</summary>
    [Example(0)]
    public required long AlreadyImported { get; init; }

    /// <summary>Those that are left alone, as something else is there.</summary>
    [Example(1)]
    public required long Skipped { get; init; }

    /// <summary>Why: the first hundred of them.</summary>
    public required IReadOnlyList<ImportConflictResponse> Conflicts { get; init; }

    public static ImportResponse Of(ImportResult result) => new()
    {
        DryRun = result.IsDryRun,
        Imported = result.Imported,
        AlreadyImported = result.AlreadyImported,
        Skipped = result.Skipped,
        Conflicts = [.. result.Conflicts.Select(conflict => new ImportConflictResponse(conflict.Account, conflict.Reason))],
    };
}

/// <summary>A key or a pool that is left alone.</summary>
/// <param name="Account">Its id.</param>
/// <param name="Reason">Why.</param>
internal sealed record ImportConflictResponse(
    [property: Example("key_3kTMd9YgW4zQ0aXc7LhB")] string Account, [property: Example("it is there already")] string Reason);
