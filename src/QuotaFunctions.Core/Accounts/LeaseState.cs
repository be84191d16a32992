using Azure;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// An allotment of a key's quota that one instance spends without asking the others. It is a small account of its own beside the key's
/// row: its own version and its own run of sequence numbers, so that instances with a lease never get in each other's way. The key's row
/// counts the whole allotment as set aside. When the lease ends, what was spent is added to what is used, and the rest is free again.
/// An admin's act, a refill and a refusal need the whole account: they close all leases first.
/// </summary>
internal sealed class LeaseState
{
    /// <summary>Sequence numbers that a lease takes along: one for each of its commits.</summary>
    public const long SequenceRun = 1_000_000;

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

    /// <summary>The number of its last commit; one below <see cref="FirstSequence"/> before the first.</summary>
    public required long Sequence { get; set; }

    /// <summary>The id of its last commit; empty before the first.</summary>
    public Guid CommitId { get; set; }

    /// <summary>When its last commit was decided, or it began.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>When its owner gives it back at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>True once it was closed: its owner's next commit fails, and finds this.</summary>
    public bool IsClosed { get; set; }

    /// <summary>When it was written last, by the service's clock, as it was read; null where a commit was made on it since.</summary>
    public DateTimeOffset? WrittenAt { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where it has no number for another commit.</summary>
    public bool IsAtEnd => !Holds(Sequence + 1);

    /// <summary>True where a commit's number is one of the lease's.</summary>
    public bool Holds(long sequence) => sequence >= FirstSequence && sequence < FirstSequence + SequenceRun;

    public LeaseState Clone() => (LeaseState)MemberwiseClone();
}
