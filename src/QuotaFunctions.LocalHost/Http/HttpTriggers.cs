using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost.Functions;

namespace QuotaFunctions.LocalHost.Http;

/// <summary>The HTTP triggers: routes as the Functions host matches them, and the way from a request to its function and back.</summary>
internal static partial class HttpTriggers
{
    private static readonly string[] ReservedPrefixes = ["admin", "runtime"];

    /// <summary>
    /// One endpoint for each HTTP function, in the given order: the first that fits wins. Refuses what the Functions host refuses.
    /// </summary>
    public static IReadOnlyList<Endpoint> Build(
        IEnumerable<LocalFunction> functions, string routePrefix, Func<LocalFunction, FunctionExecutionDelegate> buildPipeline, InvocationLimits limits, ILogger logger)
    {
        var endpoints = new List<Endpoint>();
        var taken = new List<(string Name, string Route, string[]? Methods)>();
        foreach (var function in functions)
        {
            if (function.Trigger is not HttpTriggerAttribute trigger)
            {
                continue;
            }

            var route = (string.IsNullOrWhiteSpace(trigger.Route) ? function.Name : trigger.Route).Trim('/');
            var methods = trigger.Methods is { Length: > 0 } some ? some : null;
            if (ReservedPrefixes.FirstOrDefault(prefix => route.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is { } reserved)
            {
                throw new HostStartException($"function {function.Name}: its route {route} begins with {reserved}, which the Functions host keeps for itself");
            }

            if (taken.FirstOrDefault(other => Conflict(other.Route, other.Methods, route, methods)) is { Name: { } otherName })
            {
                throw new HostStartException($"function {function.Name}: its route {route} is that of function {otherName}");
            }

            taken.Add((function.Name, route, methods));
            var target = new HttpFunction(function, buildPipeline(function), limits, logger);
            var builder = new RouteEndpointBuilder(target.InvokeAsync, Parse(function.Name, $"{routePrefix}/{route}"), endpoints.Count)
            {
                DisplayName = function.Name,
            };
            if (methods is not null)
            {
                builder.Metadata.Add(new HttpMethodMetadata(methods));
            }

            builder.Metadata.Add(target);
            endpoints.Add(builder.Build());
        }

        return endpoints;
    }

    /// <summary>Hands a routed request to its function. What fits no route, or not with this method, is a bare 404.</summary>
    public static Task DispatchAsync(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint { RequestDelegate: { } invoke })
        {
            return invoke(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static bool Conflict(string route, string[]? methods, string otherRoute, string[]? otherMethods) =>
        route.Equals(otherRoute, StringComparison.OrdinalIgnoreCase)
        && (methods is null || otherMethods is null || methods.Intersect(otherMethods, StringComparer.OrdinalIgnoreCase).Any());

    private static RoutePattern Parse(string functionName, string route)
    {
        try
        {
            return RoutePatternFactory.Parse(route.TrimStart('/'));
        }
        catch (RoutePatternException exception)
        {
            throw new HostStartException($"function {functionName}: its route {route} is malformed: {exception.Message}", exception);
        }
    }

    private sealed partial class HttpFunction(LocalFunction function, FunctionExecutionDelegate pipeline, InvocationLimits limits, ILogger logger)
    {
        public async Task InvokeAsync(HttpContext httpContext)
        {
            try
            {
                using var context = new LocalFunctionContext(function, httpContext, limits);
                await pipeline(context).ConfigureAwait(false);
                switch (context.Result)
                {
                    case IResult result:
                        await result.ExecuteAsync(httpContext).ConfigureAwait(false);
                        break;
                    case IActionResult result:
                        await result.ExecuteResultAsync(new ActionContext(httpContext, httpContext.GetRouteData(), new ActionDescriptor())).ConfigureAwait(false);
                        break;
                }
            }
            catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
            {
                // The client is gone; nobody is left to answer.
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception, function.Name);
                if (httpContext.Response.HasStarted)
                {
                    httpContext.Abort();
                }
                else
                {
                    httpContext.Response.Clear();
                    httpContext.Response.StatusCode = StatusCodes.Status500InternalServerError;
                }
            }
        }

        [LoggerMessage(1, LogLevel.Error, "Function {Function} failed; the client gets an empty 500")]
        private static partial void LogFailed(ILogger logger, Exception exception, string function);
    }
}
