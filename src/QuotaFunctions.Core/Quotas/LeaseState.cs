using Azure;

namespace QuotaFunctions.Core.Quotas;

/// <summary>
/// A slice of a key's quota that one instance spends without asking the others. It is a small account of its own beside the key's row:
/// its own version, its own run of sequence numbers, its own ledger rows, so that instances with a lease never get in each other's way.
/// The key's row counts the whole slice as set aside; when the lease ends, what was spent is added to what is used, and the rest is
/// free again. Whoever must have the last word on the key (an admin, a refill, a refusal) closes all leases first.
/// </summary>
internal sealed class LeaseState
{
    /// <summary>Sequence numbers that a lease takes along.</summary>
    public const long SequenceRun = 1_000_000;

    public required string Id { get; init; }

    public required string AccountId { get; init; }

    /// <summary>The instance that spends it.</summary>
    public required string Owner { get; init; }

    /// <summary>Units set aside.</summary>
    public required long Slice { get; init; }

    /// <summary>Units of them that were charged.</summary>
    public long Spent { get; set; }

    public long Left => Slice - Spent;

    /// <summary>The first of its sequence numbers.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>The number of its last commit; one less than <see cref="FirstSequence"/> before the first.</summary>
    public required long Sequence { get; set; }

    public Guid CommitId { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>When its owner is to give it back; later, anybody may close it.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>True once it was closed: its owner's next commit fails, and finds this.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where a commit's number is one of the lease's.</summary>
    public bool Holds(long sequence) => sequence >= FirstSequence && sequence < FirstSequence + SequenceRun;

    public LeaseState Clone() => (LeaseState)MemberwiseClone();
}
