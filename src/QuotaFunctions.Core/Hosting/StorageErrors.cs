using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Tells what storage being away looks like.</summary>
public static class StorageErrors
{
    /// <summary>
    /// True for what storage clients throw when storage does not answer, does not let us in, or has not been set up yet:
    /// worth another try, as opposed to a request that was wrong.
    /// </summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        StorageUnavailableException => true,

        // An IOException by its type, but the client's doing
        BadHttpRequestException => false,
        RequestFailedException { Status: 0 or 401 or 403 or 408 or 429 or >= 500 } => true,
        RequestFailedException { ErrorCode: "TableNotFound" or "TableBeingDeleted" or "QueueNotFound" or "QueueBeingDeleted" } => true,

        // A refused connection, once for each try
        AggregateException { InnerExceptions: { Count: > 0 } inner } => inner.All(IsTransient),

        // A network time-out, although nobody cancelled
        TaskCanceledException or TimeoutException or IOException or HttpRequestException => true,
        AuthenticationFailedException => true,
        _ => false,
    };

    /// <summary>What went wrong, in a few words. Never the message: it may hold addresses and more.</summary>
    public static string Kind(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Kind(first),
        RequestFailedException { Status: > 0 } refused => $"status {refused.Status} {refused.ErrorCode}".TrimEnd(),
        SocketException socket => socket.SocketErrorCode.ToString(),
        { InnerException: { } inner } => Kind(inner),
        _ => exception.GetType().Name,
    };

    /// <summary>What went wrong, as one of few words: timeout, denied, throttled, missing, error or unreachable.</summary>
    public static string Cause(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Cause(first),
        StorageUnavailableException { InnerException: null } or TimeoutException or OperationCanceledException => "timeout",
        RequestFailedException { Status: 401 or 403 } or AuthenticationFailedException => "denied",
        RequestFailedException { Status: 429 or 503 } => "throttled",
        RequestFailedException { Status: 408 or 504 } => "timeout",
        RequestFailedException { Status: 404 } => "missing",
        RequestFailedException { Status: > 0 } => "error",
        { InnerException: { } inner } => Cause(inner),
        _ => "unreachable",
    };
}
