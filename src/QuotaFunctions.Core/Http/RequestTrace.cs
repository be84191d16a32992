using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Http;

/// <summary>The trace that a request is part of.</summary>
public static class RequestTrace
{
    /// <summary>
    /// Its id, 32 hexadecimal digits: of what is recorded here, else of the client's trace where its <c>traceparent</c> (W3C Trace Context) says that it is
    /// recorded there. Null where nobody could look it up.
    /// </summary>
    /// <param name="request">The request.</param>
    public static string? IdOf(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Activity.Current is { Recorded: true } activity)
        {
            return activity.TraceId.ToHexString();
        }

        return ActivityContext.TryParse(request.Headers.TraceParent, traceState: null, isRemote: true, out var sent) && sent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            ? sent.TraceId.ToHexString()
            : null;
    }
}
