namespace QuotaFunctions.Core.Accounts;

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
