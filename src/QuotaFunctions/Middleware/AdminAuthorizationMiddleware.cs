using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>Lets nobody to the management routes but who has an admin token; who has the read-only one may GET.</summary>
public sealed class AdminAuthorizationMiddleware(AdminTokens tokens) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && Routes.IsManagement(http.Request) && Refusal(http.Request) is { } refusal)
        {
            await new ProblemResult(refusal).ExecuteAsync(http);
            return;
        }

        await next(context);
    }

    private Problem? Refusal(HttpRequest request) => request.BearerToken() is not { } token
        ? Problem.TokenMissing
        : tokens.Check(token) switch
        {
            AdminAccess.Full => null,
            AdminAccess.ReadOnly => HttpMethods.IsGet(request.Method) ? null : Problem.TokenReadOnly,
            _ => Problem.TokenInvalid,
        };
}
