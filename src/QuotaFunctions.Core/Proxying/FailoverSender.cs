using System.Globalization;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Proxying;

/// <summary>How a request went out last, and what came of it.</summary>
/// <param name="Request">The request as it was sent.</param>
/// <param name="Call">Measures it; the last one is not ended yet.</param>
/// <param name="Response">What came of it.</param>
internal sealed record SentRequest(UpstreamRequest Request, UpstreamCall Call, UpstreamResponse Response)
{
    /// <summary>The answer's status, 0 where there is none.</summary>
    public int Status => Response.Answer is { } answer ? (int)answer.StatusCode : 0;

    /// <summary>Whether the upstream refuses the service's own credential.</summary>
    public bool IsCredentialRejected => Status is 401 or 402 && Request.Provider.HasCredential;

    /// <summary>What is told of an attempt without an answer that counts.</summary>
    public ForwardResult Result => new(IsCredentialRejected ? ForwardOutcome.CredentialRejected : Response.End, Status);
}

/// <summary>
/// Sends a request to one target after the other, and to each with one credential after the other, until one answers so that the client is to have it. The
/// last answer counts, whatever it is; so does the first to a body that cannot be sent again.
/// </summary>
internal sealed partial class FailoverSender(
    UpstreamForwarder forwarder, CredentialRotation credentials, CredentialNotes notes, UpstreamMetrics metrics, TimeProvider time, ILogger<FailoverSender> logger)
{
    /// <summary>The most attempts for one request.</summary>
    public const int MaxAttempts = 10;

    // With less time left another attempt is not worth it. A timer may also end a moment before the clock says so
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends a request and waits for the headers of the answer that counts.</summary>
    /// <param name="targets">The request to each target, in turn; one at least.</param>
    /// <param name="timeout">How long all attempts together may take.</param>
    /// <param name="prepare">Makes of it what goes out.</param>
    /// <param name="attendance">How long anybody waits.</param>
    public async Task<SentRequest> SendAsync(
        IReadOnlyList<UpstreamRequest> targets, TimeSpan timeout, Func<UpstreamRequest, UpstreamRequest> prepare, Attendance attendance)
    {
        var start = time.GetTimestamp();
        var progress = targets[0].Progress;
        var index = AwakeFrom(targets, 0);
        while (true)
        {
            var sent = await AttemptAsync(prepare(targets[index].ToBeSent()), timeout - time.GetElapsedTime(start), attendance).ConfigureAwait(false);
            progress.Tried.Add((sent.Request.Provider.Name, OutcomeOf(sent)));
            var isOver = attendance.Token.IsCancellationRequested || progress.Tried.Count >= MaxAttempts || timeout - time.GetElapsedTime(start) < LeastTime;
            if (isOver || targets[index].Content is { IsRepeatable: false } || NextAfter(sent, targets, index) is not { } next)
            {
                return sent;
            }

            index = next;
            sent.Call.Ended(sent.Result);
            sent.Response.Answer?.Dispose();
            WentOn(sent.Request.Provider.Name, OutcomeOf(sent), targets[index].Provider.Name);
        }
    }

    private async Task<SentRequest> AttemptAsync(UpstreamRequest request, TimeSpan timeout, Attendance attendance)
    {
        request = request with { ApiKey = credentials.Next(request.Provider), Timeout = timeout };
        var call = new UpstreamCall(metrics, request, request.Charged.Model, time);
        var response = await forwarder.SendAsync(request with { TraceParent = call.TraceParent }, attendance).ConfigureAwait(false);
        if (response.Answer is { } answer)
        {
            call.Answered();
            if (credentials.Note(request.Provider, request.ApiKey, (int)answer.StatusCode, RetryAfter(answer)))
            {
                _ = notes.NoteAsync(request.Provider, (int)answer.StatusCode);
            }
        }

        return new SentRequest(request, call, response);
    }

    /// <summary>The target that is tried next: the same with another credential, or the next one; null where this attempt counts.</summary>
    private int? NextAfter(SentRequest sent, IReadOnlyList<UpstreamRequest> targets, int index)
    {
        if (sent.Request.Provider.ApiKeys.Count > 1 && CredentialRotation.MakesRest(sent.Status) && !credentials.IsResting(sent.Request.Provider))
        {
            return index;
        }

        var failed = sent.Response.End is ForwardOutcome.Unreachable or ForwardOutcome.TimedOut or ForwardOutcome.CircuitOpen || sent.Status is 401 or 402 or 429 or >= 500;
        return failed && index + 1 < targets.Count ? AwakeFrom(targets, index + 1) : null;
    }

    /// <summary>Passes over targets whose credentials rest, but not over the last.</summary>
    private int AwakeFrom(IReadOnlyList<UpstreamRequest> targets, int index)
    {
        for (; index < targets.Count - 1 && credentials.IsResting(targets[index].Provider); index++)
        {
            targets[index].Progress.Tried.Add((targets[index].Provider.Name, "resting"));
        }

        return index;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - time.GetUtcNow()) : null;

    private static string OutcomeOf(SentRequest sent) => sent.Response.End switch
    {
        ForwardOutcome.Answered => sent.Status.ToString(CultureInfo.InvariantCulture),
        ForwardOutcome.CircuitOpen => "circuit_open",
        ForwardOutcome.TimedOut => "timed_out",
        ForwardOutcome.ClientClosed => "client_closed",
        ForwardOutcome.NotSent => "not_sent",
        _ => "unreachable",
    };

    [LoggerMessage(1206, LogLevel.Information, "After the provider {Provider} ({Outcome}) a request goes to {Next}.")]
    private partial void WentOn(string provider, string outcome, string next);
}
