using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace QuotaFunctions.Middleware;

/// <summary>Gives every request an id, the client's own where it sent a sane one, and every answer that id as <c>X-Request-Id</c>.</summary>
public sealed partial class RequestIdMiddleware(TimeProvider time) : IFunctionsWorkerMiddleware
{
    private const string Header = "X-Request-Id";

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            var id = http.Request.Headers[Header] is [{ } sent] && Sane().IsMatch(sent)
                ? sent
                : Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
            http.TraceIdentifier = id;

            // At the last moment, so that an upstream's own header of this name, passed on, does not stand
            var response = http.Response;
            response.OnStarting(() =>
            {
                response.Headers[Header] = id;
                return Task.CompletedTask;
            });
        }

        return next(context);
    }

    [GeneratedRegex(@"^[A-Za-z0-9._~:/+=@-]{1,128}\z")]
    private static partial Regex Sane();
}
