using System.Collections.Concurrent;

namespace QuotaFunctions.Core.Transfer;

/// <summary>What becomes of each account of a file. What was imported counts where its head is: an account may go over several parts of a file that was split.</summary>
internal sealed class ImportPlan
{
    private readonly ConcurrentDictionary<string, string?> _notNew = [];
    private readonly ConcurrentDictionary<string, bool> _heads = [];

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

    /// <summary>Notes that the head of an account is in the file.</summary>
    public void NoteHead(string account) => _heads[account] = true;

    /// <summary>Notes that an account was imported before.</summary>
    public void NoteAlready(string account) => _notNew.TryAdd(account, null);

    /// <summary>Notes that an account cannot be imported.</summary>
    public void NoteConflict(string account, string reason) => _notNew[account] = reason;

    /// <summary>What becomes of an account.</summary>
    public Fate Of(string account) => !_notNew.TryGetValue(account, out var reason) ? Fate.New : reason is null ? Fate.Already : Fate.Conflict;

    /// <summary>All of it together.</summary>
    public ImportResult ToResult(bool isDryRun)
    {
        var fates = _heads.Keys.CountBy(Of).ToDictionary();
        var conflicts = _notNew.Where(account => account.Value is not null).Select(account => new ImportConflict(account.Key, account.Value!)).ToList();
        return new ImportResult
        {
            IsDryRun = isDryRun,
            Imported = fates.GetValueOrDefault(Fate.New),
            AlreadyImported = fates.GetValueOrDefault(Fate.Already),
            Skipped = conflicts.Count,
            Conflicts = [.. conflicts.OrderBy(conflict => conflict.Account, StringComparer.Ordinal).Take(ImportResult.MaxConflicts)],
        };
    }
}
