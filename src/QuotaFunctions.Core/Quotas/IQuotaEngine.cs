using System.Net;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas;

/// <summary>Decides charges and settles them: exactly once, never above the quota.</summary>
public interface IQuotaEngine
{
    /// <summary>
    /// Takes a cost from a key's quota, or says why not. Whatever cannot be decided in time is refused with
    /// <see cref="ChargeRefusal.QuotaUnavailable"/>; nothing is thrown for it.
    /// </summary>
    /// <param name="request">Who asks, and for how much.</param>
    /// <param name="cancellationToken">Withdraws the request as long as it is not decided; what was decided stands.</param>
    Task<ChargeResult> ChargeAsync(ChargeRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Closes a granted charge: corrects its cost in the books where <see cref="Settlement.Cost"/> differs, and hands the
    /// outcome to the audit log (waiting while its buffer is full). Not bound to the request: a client that left must not stop it.
    /// </summary>
    Task SettleAsync(Settlement settlement, CancellationToken cancellationToken);

    /// <summary>Closes a charge made by <see cref="ChargeKind.Consume"/> by its id: once, within 24 hours.</summary>
    /// <param name="secret">The key's secret, as the client sent it.</param>
    /// <param name="chargeId">The charge's id, as the client sent it.</param>
    /// <param name="success">How the work went.</param>
    /// <param name="cost">What it came to, 0 to 1,000,000; null to leave the cost as it was charged.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ConsumeSettlementResult> SettleConsumedAsync(
        KeySecret secret, string chargeId, bool success, long? cost, CancellationToken cancellationToken);
}

/// <summary>What kind of work a charge pays for.</summary>
public enum ChargeKind
{
    /// <summary>A request that is forwarded to an upstream, and settled when it ends.</summary>
    Forward,

    /// <summary>Work that the client does itself: in the log at once, as <c>consumed</c>.</summary>
    Consume,
}

/// <summary>A request's claim on a key's quota.</summary>
public sealed record ChargeRequest
{
    /// <summary>The smallest cost, in units: everything but the quota is checked, and the log has it.</summary>
    public const long MinCost = 0;

    /// <summary>The cost of a request that says nothing of it.</summary>
    public const long DefaultCost = 1;

    /// <summary>The greatest cost, in units.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>The secret that the client sent.</summary>
    public required KeySecret Secret { get; init; }

    /// <summary>Units, <see cref="MinCost"/> to <see cref="MaxCost"/>.</summary>
    public long Cost { get; init; } = DefaultCost;

    /// <summary>
    /// Units to hold instead of <see cref="Cost"/> where the key counts tokens: an estimate, above 0, until the upstream
    /// reports its usage; null where the cost is known.
    /// </summary>
    public long? TokenEstimate { get; init; }

    /// <summary>
    /// Makes the charge a hold: settled at its cost when nobody has settled it by then, 1 second to 24 hours;
    /// null for a plain charge. An estimate of tokens is always a hold.
    /// </summary>
    public TimeSpan? HoldFor { get; init; }

    /// <summary>What the charge pays for.</summary>
    public ChargeKind Kind { get; init; }

    /// <summary>The request's id, for the log.</summary>
    public required string RequestId { get; init; }

    /// <summary>The client's own word for the charge, at most 200 characters, for the log.</summary>
    public string? Reference { get; init; }

    /// <summary>The provider that the request goes to; null leaves the key's list of providers unasked.</summary>
    public string? Provider { get; init; }

    /// <summary>The model that the request names; null where it names none.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// True where a request that names no model is refused to a key with a list of models: it could reach any. False for what no model works
    /// for, such as reading a stored answer.
    /// </summary>
    public bool NeedsModel { get; init; } = true;

    /// <summary>Where the request comes from.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>
    /// The client's Idempotency-Key with a hash of what it asks for; null for none. The same key and hash is charged once
    /// within 24 hours; the same key with another hash is refused with <see cref="ChargeRefusal.IdempotencyMismatch"/>.
    /// </summary>
    public IdempotencyClaim? Idempotency { get; init; }
}

/// <summary>An Idempotency-Key and what it stands for.</summary>
/// <param name="Key">What the client sent, 1 to 255 characters.</param>
/// <param name="RequestHash">SHA-256 of method, path and body, hexadecimal.</param>
public sealed record IdempotencyClaim(string Key, string RequestHash);

/// <summary>Why a charge was refused.</summary>
public enum ChargeRefusal
{
    /// <summary>Nobody has this key.</summary>
    KeyInvalid,

    /// <summary>Past its expiry.</summary>
    KeyExpired,

    /// <summary>Deleted.</summary>
    KeyRevoked,

    /// <summary>Switched off.</summary>
    KeyDisabled,

    /// <summary>Not for this provider.</summary>
    ProviderNotAllowed,

    /// <summary>Not for this model.</summary>
    ModelNotAllowed,

    /// <summary>Not from this address.</summary>
    AddressNotAllowed,

    /// <summary>The cost is above what the key allows for one charge.</summary>
    CostTooHigh,

    /// <summary>Not enough left.</summary>
    QuotaExhausted,

    /// <summary>Over the rate per minute.</summary>
    RateLimited,

    /// <summary>The Idempotency-Key was used for something else.</summary>
    IdempotencyMismatch,

    /// <summary>Storage did not let it be decided in time.</summary>
    QuotaUnavailable,
}

/// <summary>What became of a charge.</summary>
public sealed record ChargeResult
{
    /// <summary>Why it was refused; null when it was granted.</summary>
    public ChargeRefusal? Refusal { get; init; }

    /// <summary>The granted charge; null when it was refused.</summary>
    public Charge? Charge { get; init; }

    /// <summary>True when an Idempotency-Key had been charged before: <see cref="Charge"/> is the first one.</summary>
    public bool Replayed { get; init; }

    /// <summary>The key's quota after the decision; null where no key is known or storage did not answer.</summary>
    public QuotaSnapshot? Quota { get; init; }

    /// <summary>When it is worth while to ask again, in whole seconds; null where asking again is no use.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Who was charged; null where no key is known.</summary>
    public string? KeyId { get; init; }
}

/// <summary>How a granted charge ended.</summary>
public sealed record Settlement
{
    /// <summary>The charge.</summary>
    public required Charge Charge { get; init; }

    /// <summary>What happened.</summary>
    public required ChargeOutcome Outcome { get; init; }

    /// <summary>What it came to in units, 0 for a refund; may be above what was held.</summary>
    public required long Cost { get; init; }

    /// <summary>The upstream's status code, 0 where there was none.</summary>
    public int Status { get; init; }

    /// <summary>From the charge to the end; null where nothing was forwarded.</summary>
    public TimeSpan? Latency { get; init; }
}

/// <summary>How a request ended. In the log in lower case with underscores.</summary>
public enum ChargeOutcome
{
    /// <summary>Admitted, nothing heard of it since: its process died.</summary>
    Unknown,

    /// <summary>Charged by a service that does the work itself.</summary>
    Consumed,

    /// <summary>The upstream answered below 400, or the service reported success.</summary>
    Succeeded,

    /// <summary>The upstream answered 4xx, but 429.</summary>
    ClientError,

    /// <summary>The upstream answered 429 or 5xx, or the service reported failure.</summary>
    Failed,

    /// <summary>The upstream refused the connection, broke off before its headers, or its circuit is open.</summary>
    Unreachable,

    /// <summary>The upstream sent no headers in time.</summary>
    TimedOut,

    /// <summary>The client left before the end.</summary>
    ClientClosed,

    /// <summary>The upstream's stream broke off in the middle.</summary>
    Truncated,
}

/// <summary>What became of a report on a consumed charge.</summary>
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
/// <param name="Status">What became of it.</param>
/// <param name="Refusal">With <see cref="ConsumeSettlementStatus.Refused"/>: why.</param>
/// <param name="Cost">What the charge came to in the end, in units.</param>
/// <param name="Quota">The key's quota afterwards.</param>
public sealed record ConsumeSettlementResult(
    ConsumeSettlementStatus Status, ChargeRefusal? Refusal = null, long Cost = 0, QuotaSnapshot? Quota = null);
