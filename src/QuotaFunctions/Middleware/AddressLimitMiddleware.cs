using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Refuses what an address asks too often: by default only where it has no key or token that is good. Health routes are always open.
/// </summary>
public sealed class AddressLimitMiddleware(AddressLimiter limiter, ClientAddress addresses, AdminTokens tokens, MetricsAccess metrics, IKeyService keys)
    : IFunctionsWorkerMiddleware
{
    private const string Detail = "Too many requests from this address within a minute; try again after the time in Retry-After.";

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (!limiter.IsOn || context.GetHttpContext() is not { } http || FunctionTraits.Of(context.FunctionDefinition).IsHealth)
        {
            return next(context);
        }

        if (!limiter.CountsAll)
        {
            if (FunctionAudience.Of(context.FunctionDefinition) == Audience.Holders)
            {
                if (ClientKey.MayBeIn(http.Request))
                {
                    return InvokeWithKeyAsync(context, http, next);
                }
            }
            else if (http.Request.BearerToken() is { } token && (tokens.Find(token) is not null || metrics.Of(token) == MetricsScope.Full))
            {
                return next(context);
            }
        }

        return limiter.Admit(addresses.Of(http.Request)) is { } wait ? RefuseAsync(http, wait) : next(context);
    }

    /// <summary>
    /// Whether a key is good is found out by the function, which costs it nothing more; so it is only afterwards that a bad one is counted. Only
    /// at an address that is over its limit the key is looked at first.
    /// </summary>
    private async Task InvokeWithKeyAsync(FunctionContext context, HttpContext http, FunctionExecutionDelegate next)
    {
        if (!limiter.IsEmpty && limiter.Look(addresses.Of(http.Request)) is { } wait && !await HasGoodKeyAsync(http))
        {
            await RefuseAsync(http, wait);
            return;
        }

        http.Response.OnStarting(() =>
        {
            // Not a 401 that an upstream answered
            if (http.Response.StatusCode == StatusCodes.Status401Unauthorized && http.Problem() is not null)
            {
                limiter.Add(addresses.Of(http.Request));
            }

            return Task.CompletedTask;
        });
        await next(context);
    }

    private async Task<bool> HasGoodKeyAsync(HttpContext http)
    {
        if (!ClientKey.TryRead(http.Request, out var secret, out _))
        {
            return false;
        }

        // One that is good, but not for this, is told so
        var (_, refusal) = await keys.CheckAsync(secret, address: null, http.RequestAborted);
        return refusal is null || Problem.For(refusal.Value).Status != StatusCodes.Status401Unauthorized;
    }

    private static Task RefuseAsync(HttpContext http, TimeSpan wait) => new ProblemResult(Problem.RateLimited, Detail, retryAfter: wait).ExecuteAsync(http);
}
