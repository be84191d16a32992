namespace QuotaFunctions.Core.Accounts;

/// <summary>What a request gets that repeats a call which has ended: one with the same Idempotency-Key.</summary>
public enum Repetition
{
    /// <summary>The call's answer is gone: the request is forwarded once more without a charge, and refused from then on.</summary>
    OnceMore,

    /// <summary>The call came to nothing, such as one that was refunded: the request is treated as if it had not been made.</summary>
    Anew,

    /// <summary>The call's answer, which is kept.</summary>
    KeptAnswer,
}
