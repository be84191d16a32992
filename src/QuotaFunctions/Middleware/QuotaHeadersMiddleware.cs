using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Every answer to a key says how its quota stands. Where one was refused before the books were asked (a malformed body, an endpoint
/// that is not allowed), it is looked up here, as the answer begins.
/// </summary>
public sealed partial class QuotaHeadersMiddleware(IKeyService keys, TimeProvider time, ILogger<QuotaHeadersMiddleware> logger)
    : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && FunctionAudience.Of(context.FunctionDefinition) == Audience.Holders)
        {
            http.Response.OnStarting(() => CompleteAsync(http));
        }

        return next(context);
    }

    private async Task CompleteAsync(HttpContext http)
    {
        // What succeeded has them, or has no business with a key; 401 is no answer to a key; at 5xx storage may be away
        if (http.Response.StatusCode is < 400 or 401 or >= 500
            || QuotaHeaders.AreIn(http.Response)
            || !ClientKey.TryRead(http.Request, out var secret, out _))
        {
            return;
        }

        try
        {
            if ((await keys.CheckAsync(secret, address: null, http.RequestAborted)).Key is { } key)
            {
                QuotaHeaders.Write(http.Response, key.Quota, time.GetUtcNow());
            }
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told
        }
        catch (Exception exception) when (StorageErrors.IsTransient(exception))
        {
            // The refusal stands without them
            NotFound(http.TraceIdentifier, StorageErrors.Kind(exception));
        }
    }

    [LoggerMessage(1102, LogLevel.Warning, "How a key's quota stands could not be read for its refusal (request {RequestId}): {Reason}")]
    private partial void NotFound(string requestId, string reason);
}
