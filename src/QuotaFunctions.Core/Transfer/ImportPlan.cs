using System.Collections.Concurrent;

namespace QuotaFunctions.Core.Transfer;

/// <summary>What becomes of each account of a file. What was imported counts where its head is: an account may go over several parts of a file that was split.</summary>
internal sealed class ImportPlan
{
    private readonly ConcurrentDictionary<string, string?> _notNew = [];
    private readonly ConcurrentDictionary<string, bool> _heads = [];
    private readonly ConcurrentDictionary<string, string> _taken = [];
    private readonly ConcurrentDictionary<string, string> _refusedBefore = [];
    private readonly ConcurrentDictionary<string, bool> _free = [];

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

    /// <summary>Notes that a secret of a key in an account is another key's.</summary>
    public void NoteTaken(string account, string keyId) => _taken[account] = keyId;

    /// <summary>Notes that no secret of a key is another's.</summary>
    public void NoteFree(string keyId) => _free[keyId] = true;

    /// <summary>Notes that an earlier part, or an earlier try, left an account alone because of a key. That holds unless the key is in this part, and free now.</summary>
    public void NoteRefusedBefore(string account, string keyId) => _refusedBefore[account] = keyId;

    /// <summary>What later parts cannot see for themselves: the accounts that go on in them and are to be left alone, and the key that is in the way.</summary>
    public IEnumerable<KeyValuePair<string, string>> Refusals => _taken.Where(taken => !_notNew.ContainsKey(taken.Key) && !_heads.ContainsKey(taken.Key));

    /// <summary>What becomes of an account.</summary>
    public Fate Of(string account) => ReasonOf(account) is not null ? Fate.Conflict : _notNew.ContainsKey(account) ? Fate.Already : Fate.New;

    /// <summary>All of it together.</summary>
    public ImportResult ToResult(bool isDryRun)
    {
        var fates = _heads.Keys.CountBy(Of).ToDictionary();
        var conflicts = _notNew.Keys.Union(_taken.Keys).Union(_refusedBefore.Keys)
            .Select(account => (Account: account, Reason: ReasonOf(account))).Where(left => left.Reason is not null)
            .Select(left => new ImportConflict(left.Account, left.Reason!)).ToList();
        return new ImportResult
        {
            IsDryRun = isDryRun,
            Imported = fates.GetValueOrDefault(Fate.New),
            AlreadyImported = fates.GetValueOrDefault(Fate.Already),
            Skipped = conflicts.Count,
            Conflicts = [.. conflicts.OrderBy(conflict => conflict.Account, StringComparer.Ordinal).Take(ImportResult.MaxConflicts)],
        };
    }

    private string? ReasonOf(string account) =>
        _taken.TryGetValue(account, out var keyId) || (_refusedBefore.TryGetValue(account, out keyId) && !_free.ContainsKey(keyId))
            ? $"a secret of {keyId} is already that of another key"
            : _notNew.GetValueOrDefault(account);
}
