namespace QuotaFunctions.Core.Accounts;

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

    /// <summary>The key counts dollars, and the model has no price.</summary>
    ModelNotPriced,

    /// <summary>The cost is none in what the key counts in: a fraction of a request, or nothing said of dollars.</summary>
    CostInvalid,

    /// <summary>The cost is above what the key allows for one charge.</summary>
    CostTooHigh,

    /// <summary>Not enough left.</summary>
    QuotaExhausted,

    /// <summary>Over the rate per minute.</summary>
    RateLimited,

    /// <summary>As many calls are under way as may be at once.</summary>
    TooManyCalls,

    /// <summary>The Idempotency-Key was used for something else.</summary>
    IdempotencyMismatch,

    /// <summary>The call with this Idempotency-Key is under way.</summary>
    IdempotencyInProgress,

    /// <summary>The answer to the call with this Idempotency-Key is gone, and the request was forwarded again before.</summary>
    IdempotencyAnswerGone,

    /// <summary>Storage did not let it be decided in time.</summary>
    QuotaUnavailable,
}
