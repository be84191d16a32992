using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>How far a forwarded request got.</summary>
public enum ForwardOutcome
{
    /// <summary>The upstream answered, and the client got all of it.</summary>
    Answered,

    /// <summary>Never sent: the request broke a rule that could only be checked on the way (its body turned out malformed or too large).</summary>
    NotSent,

    /// <summary>Never sent: the upstream has been failing and is left alone for a while.</summary>
    CircuitOpen,

    /// <summary>The upstream refused the connection, or broke off before its headers.</summary>
    Unreachable,

    /// <summary>The upstream sent no headers in time.</summary>
    TimedOut,

    /// <summary>The upstream refused the service's own credential; the client is told no more of its answer.</summary>
    CredentialRejected,

    /// <summary>The client left before the end.</summary>
    ClientClosed,

    /// <summary>The upstream's answer broke off in the middle, or took longer than it may.</summary>
    Truncated,
}

/// <summary>What a forwarded request came to.</summary>
/// <param name="End">How far it got.</param>
/// <param name="Status">The upstream's status code, 0 where there was none.</param>
/// <param name="Reported">The tokens that the upstream says it used; null where it does not say.</param>
public readonly record struct ForwardResult(ForwardOutcome End, int Status = 0, TokenUsage? Reported = null)
{
    /// <summary>Whether the report is the upstream's last: the answer, or its stream's own end, was read.</summary>
    public bool IsReportLast { get; init; }

    /// <summary>Whether the answer was a stream that told of an error.</summary>
    public bool HasError { get; init; }

    /// <summary>Tokens that the request itself is taken to have.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens that what passed of the answer is taken to have.</summary>
    public long AnswerTokens { get; init; }
}
