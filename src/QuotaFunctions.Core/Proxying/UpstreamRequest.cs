using Microsoft.Extensions.Primitives;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A request to an upstream.</summary>
internal sealed record UpstreamRequest
{
    public required Provider Provider { get; init; }

    public required Uri Target { get; init; }

    public required HttpMethod Method { get; init; }

    /// <summary>What it is charged there.</summary>
    public required ChargeTarget Charged { get; init; }

    /// <summary>The credential that it is sent with; empty for none.</summary>
    public string ApiKey { get; init; } = "";

    /// <summary>How long the headers of the answer are waited for, at most the provider's own time.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.MaxValue;

    /// <summary>The client's headers, all of them.</summary>
    public required IEnumerable<KeyValuePair<string, StringValues>> Headers { get; init; }

    /// <summary>What to send; null for no body.</summary>
    public ForwardedContent? Content { get; init; }

    /// <summary>What makes the client's body name the model that is asked for there; null where it needs no change.</summary>
    public BodyEdit? Edit { get; init; }

    /// <summary>The request's id here, sent along.</summary>
    public required string RequestId { get; init; }

    /// <summary>The trace that the call is part of, sent along; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Asks for an answer that is not compressed, so that the usage in it can be read.</summary>
    public bool WantsPlainAnswer { get; init; }

    /// <summary>Keeps from the client the event in which the upstream reports its usage: this service has asked for it, not the client.</summary>
    public bool HidesReport { get; init; }

    /// <summary>What it may use, and cost.</summary>
    public CallEstimate Estimate { get; init; } = CallEstimate.Free;

    /// <summary>What is measured of it.</summary>
    public ForwardProgress Progress { get; init; } = new();

    /// <summary>The request as it goes to this upstream, with a body of its own: to send a body is the end of it.</summary>
    public UpstreamRequest ToBeSent() => Content is null ? this : this with
    {
        Content = Content.WithHead(Edit is null ? Content.Head : BodySplice.Splice(Content.Head, Edit.Start, Edit.Length, Edit.Text.Span)),
        Edit = null,
    };
}

/// <summary>What came of sending a request: an answer, or why there is none.</summary>
/// <param name="Answer">The answer, of which the headers have arrived.</param>
/// <param name="End">How far the request got.</param>
/// <param name="Refusal">What to tell the client where there is no answer; null where the client has left.</param>
internal sealed record UpstreamResponse(HttpResponseMessage? Answer, ForwardOutcome End, Refusal? Refusal = null);

/// <summary>What came of passing an answer on.</summary>
/// <param name="End">How it ended.</param>
/// <param name="IsWhole">Whether all of it was read, be it without the client.</param>
internal readonly record struct PassedAnswer(ForwardOutcome End, bool IsWhole);
