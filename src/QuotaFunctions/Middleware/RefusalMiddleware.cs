using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Counts the requests that asked for a charge and were refused it, by whatever stood in the way: the one place that does, so each counts
/// once. What an upstream answers, and what goes wrong once a request was charged, is usage.
/// </summary>
public sealed class RefusalMiddleware(RefusalCounter refusals) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && FunctionTraits.Of(context.FunctionDefinition).ChargesKeys)
        {
            // Not when the function has returned: its result, which tells the problem, is written after that
            http.Response.OnCompleted(() =>
            {
                Count(http);
                return Task.CompletedTask;
            });
        }

        return next(context);
    }

    private void Count(HttpContext http)
    {
        var admission = http.Features.Get<Admission>();
        if (http.Problem() is { } problem && admission is not { IsGranted: true })
        {
            refusals.Add(problem.Code, admission?.KeyId);
        }
    }
}
