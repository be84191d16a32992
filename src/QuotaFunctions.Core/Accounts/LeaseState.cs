using Azure;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// A slice of a key's quota that one instance spends without asking the others. It is a small account of its own beside the key's row:
/// its own version, its own run of sequence numbers, its own ledger, so that instances with a lease never get in each other's way.
/// The key's row counts the whole slice as set aside; when the lease ends, what was spent is added to what is used, and the rest is
/// free again. Whoever must have the last word on the key (an admin, a refill, a refusal) closes all leases first.
/// </summary>
/// <remarks>
/// A commit on a lease is one conditional write of one row, which costs storage half of a transaction: its entries go into the
/// lease's own row, behind those of the commits before it. All of them are one page of the ledger, with one number. A page that is
/// full, and that of a lease which ends, becomes a row of the ledger.
/// </remarks>
internal sealed class LeaseState
{
    /// <summary>Sequence numbers that a lease takes along.</summary>
    public const long SequenceRun = 1_000_000;

    /// <summary>Commits on one page at the most: each is a property of the row.</summary>
    public const int MaxParts = 64;

    /// <summary>Characters of a page's entries at the most, in all.</summary>
    public const int MaxPageLength = 4 * AccountTransaction.MaxEntriesLength;

    private List<LedgerEntry> _page = [];

    public required string Id { get; init; }

    public required string AccountId { get; init; }

    /// <summary>The instance that spends it.</summary>
    public required string Owner { get; init; }

    /// <summary>Units set aside.</summary>
    public required long Allotment { get; init; }

    /// <summary>Units of them that were charged.</summary>
    public long Spent { get; set; }

    public long Left => Allotment - Spent;

    /// <summary>The first of its sequence numbers.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>The number of its page.</summary>
    public required long Sequence { get; set; }

    /// <summary>The id of its last commit; empty before the first.</summary>
    public Guid CommitId { get; set; }

    /// <summary>When its last commit was decided, or it began.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>When the first commit of its page was decided.</summary>
    public DateTimeOffset PageAt { get; set; }

    /// <summary>The entries of its page.</summary>
    public IReadOnlyList<LedgerEntry> Page => _page;

    /// <summary>Characters that they take at the most.</summary>
    public int PageLength { get; private set; }

    /// <summary>How many commits made them.</summary>
    public int Parts { get; set; }

    /// <summary>When its owner gives it back at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>True once it was closed: its owner's next commit fails, and finds this.</summary>
    public bool IsClosed { get; set; }

    /// <summary>When the last commit on it was written, by the service's clock, as it was read; null where one was since.</summary>
    public DateTimeOffset? WrittenAt { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where it has no number for another page.</summary>
    public bool IsAtEnd => !Holds(Sequence + MaxParts);

    /// <summary>True where a commit's number is one of the lease's.</summary>
    public bool Holds(long sequence) => sequence >= FirstSequence && sequence < FirstSequence + SequenceRun;

    /// <summary>True where an entry of the ledger is in what was spent.</summary>
    public bool Covers(LedgerPosition place) => place < new LedgerPosition(Sequence, _page.Count);

    /// <summary>Adds an entry to the page.</summary>
    public void Add(LedgerEntry entry)
    {
        _page.Add(entry);
        PageLength += entry.MaxLength;
    }

    /// <summary>Begins the next page. A page takes a number for each commit that it may hold, so that in the log, too, it is as much as many commits.</summary>
    public void Turn()
    {
        _page.Clear();
        PageLength = 0;
        Parts = 0;
        Sequence += MaxParts;
    }

    /// <summary>The page as a row of the ledger.</summary>
    /// <param name="isOpen">True where it stays a page, which grows yet.</param>
    public LedgerRow ToRow(bool isOpen) =>
        new() { Sequence = Sequence, CommitId = CommitId, At = PageAt, Owner = Owner, Entries = _page, WrittenAt = WrittenAt, IsOpen = isOpen };

    public LeaseState Clone()
    {
        var copy = (LeaseState)MemberwiseClone();
        copy._page = [.. _page];
        return copy;
    }
}
