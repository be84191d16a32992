using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>The answer to a charge: granted, or refused with a reason.</summary>
public sealed record ChargeResult
{
    /// <summary>Why it was refused; null when it was granted.</summary>
    public ChargeRefusal? Refusal { get; init; }

    /// <summary>The granted charge; null when it was refused.</summary>
    public Charge? Charge { get; init; }

    /// <summary>
    /// True when an Idempotency-Key had been charged before: <see cref="Charge"/> is the first one, or a further one of 0 units where the
    /// request is forwarded again.
    /// </summary>
    public bool Replayed { get; init; }

    /// <summary>
    /// True when the answer to a call with the same Idempotency-Key is kept: nothing is charged nor forwarded, and <see cref="Charge"/> is
    /// the one of that call, which is settled.
    /// </summary>
    public bool IsAnswerKept { get; init; }

    /// <summary>The key's quota after the decision; null where no key is known or storage did not answer.</summary>
    public QuotaSnapshot? Quota { get; init; }

    /// <summary>When it is worth while to ask again, in whole seconds; null where asking again is no use, or the refusal itself says when.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Who was charged; null where no key is known.</summary>
    public string? KeyId { get; init; }
}
