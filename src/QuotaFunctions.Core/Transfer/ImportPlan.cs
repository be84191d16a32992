using System.Collections.Concurrent;

namespace QuotaFunctions.Core.Transfer;

/// <summary>What becomes of each account of a file. Only those that are not simply new are remembered.</summary>
internal sealed class ImportPlan
{
    private readonly ConcurrentDictionary<string, string?> _notNew = [];
    private long _accounts;

    /// <summary>What becomes of an account.</summary>
    public enum Fate
    {
        /// <summary>It is written.</summary>
        New,

        /// <summary>This import has written it before.</summary>
        Already,

        /// <summary>It is left alone.</summary>
        Conflict,
    }

    /// <summary>Counts an account of the file.</summary>
    public void Count() => Interlocked.Increment(ref _accounts);

    /// <summary>Notes that an account was imported before.</summary>
    public void NoteAlready(string account) => _notNew.TryAdd(account, null);

    /// <summary>Notes that an account cannot be imported.</summary>
    public void NoteConflict(string account, string reason) => _notNew[account] = reason;

    /// <summary>What becomes of an account.</summary>
    public Fate Of(string account) => !_notNew.TryGetValue(account, out var reason) ? Fate.New : reason is null ? Fate.Already : Fate.Conflict;

    /// <summary>All of it together.</summary>
    public ImportResult ToResult(bool isDryRun)
    {
        var conflicts = _notNew.Where(account => account.Value is not null).Select(account => new ImportConflict(account.Key, account.Value!)).ToList();
        return new ImportResult
        {
            IsDryRun = isDryRun,
            Imported = _accounts - _notNew.Count,
            AlreadyImported = _notNew.Count - conflicts.Count,
            Skipped = conflicts.Count,
            Conflicts = [.. conflicts.OrderBy(conflict => conflict.Account, StringComparer.Ordinal).Take(ImportResult.MaxConflicts)],
        };
    }
}
