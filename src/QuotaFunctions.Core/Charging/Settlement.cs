using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>How a granted charge ended.</summary>
public sealed record Settlement
{
    /// <summary>The charge.</summary>
    public required Charge Charge { get; init; }

    /// <summary>What happened.</summary>
    public required ChargeOutcome Outcome { get; init; }

    /// <summary>What it came to in units, 0 for a refund; may be above what was held.</summary>
    public required long Cost { get; init; }

    /// <summary>What a request gets that comes again with the charge's Idempotency-Key.</summary>
    public Repetition Repetition { get; init; }

    /// <summary>The upstream's status code, 0 where there was none.</summary>
    public int Status { get; init; }

    /// <summary>From the charge to the end; null where nothing was forwarded.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>From the charge to the first byte of the upstream's answer; null where there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>How often the request was sent to an upstream.</summary>
    public int Attempts { get; init; }

    /// <summary>Which of the places that the request might go to it went to last; null where that was the only one.</summary>
    public ChargeTarget? ServedBy { get; init; }

    /// <summary>The providers that were tried, with the status or the reason why none came: <c>openai:429, azure:200</c>; null where it was one attempt.</summary>
    public string? Tried { get; init; }

    /// <summary>Bytes of the client's body that were sent to the upstream; null where nothing was forwarded.</summary>
    public long? BytesIn { get; init; }

    /// <summary>Bytes of the upstream's body that were sent to the client; null where nothing was forwarded.</summary>
    public long? BytesOut { get; init; }

    /// <summary>Tokens that the upstream reports as read; null where it does not say.</summary>
    public long? TokensIn { get; init; }

    /// <summary>Tokens that the upstream reports as written; null where it does not say.</summary>
    public long? TokensOut { get; init; }
}

/// <summary>The result of a report on a consumed charge.</summary>
public enum ConsumeSettlementStatus
{
    /// <summary>In the books.</summary>
    Settled,

    /// <summary>The key is not known, or not good any more: see <see cref="ConsumeSettlementResult.Refusal"/>.</summary>
    Refused,

    /// <summary>This key has no such charge, or it is older than 24 hours.</summary>
    NotFound,

    /// <summary>It was reported on before.</summary>
    AlreadySettled,

    /// <summary>Storage did not let it be decided in time.</summary>
    Unavailable,
}

/// <summary>The answer to a report on a consumed charge.</summary>
/// <param name="Status">Whether it is in the books.</param>
/// <param name="Refusal">With <see cref="ConsumeSettlementStatus.Refused"/>: why.</param>
/// <param name="Cost">What the charge came to in the end, in units.</param>
/// <param name="Quota">The key's quota afterwards.</param>
public sealed record ConsumeSettlementResult(
    ConsumeSettlementStatus Status, ChargeRefusal? Refusal = null, long Cost = 0, QuotaSnapshot? Quota = null);
