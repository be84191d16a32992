using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Measures and traces requests, from their beginning to the end of their answers. Neither path nor query is told: they may hold a key's secret.
/// </summary>
public sealed class TelemetryMiddleware(HttpMetrics metrics, TimeProvider time) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            var request = new MeasuredRequest(http, FunctionRoute.Of(context.FunctionDefinition), metrics, time);

            // Not when the function has returned: its result is written after that, and a stream goes on
            http.Response.OnCompleted(static request =>
            {
                ((MeasuredRequest)request).End();
                return Task.CompletedTask;
            }, request);
        }

        return next(context);
    }

    private sealed class MeasuredRequest
    {
        private readonly HttpContext _http;
        private readonly string _route;
        private readonly HttpMetrics _metrics;
        private readonly TimeProvider _time;
        private readonly long _start;
        private readonly Activity? _span;

        public MeasuredRequest(HttpContext http, string route, HttpMetrics metrics, TimeProvider time)
        {
            (_http, _route, _metrics, _time) = (http, route, metrics, time);
            _start = time.GetTimestamp();
            metrics.Begin();
            if (Instrumentation.Activities.HasListeners())
            {
                var method = HttpMetrics.MethodOf(http.Request.Method);
                var parent = ParentOf(http.Request);
                _span = Instrumentation.Activities.StartActivity($"{method} {route}", ActivityKind.Server, parent)?
                    .SetTag("http.request.method", method)
                    .SetTag("http.route", route);
            }
        }

        public void End()
        {
            var response = _http.Response;

            // As web servers log it where the client left before the answer began
            var status = !response.HasStarted && _http.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest : response.StatusCode;
            var provider = _http.Features.Get<RequestedProvider>()?.Name;
            _metrics.End(_http.Request.Method, _route, status, provider, _http.Problem()?.Code, _time.GetElapsedTime(_start));
            if (_span is null)
            {
                return;
            }

            _span.SetTag("http.response.status_code", status).SetTag("quota.provider", provider).SetTag("quota.request_id", _http.TraceIdentifier);
            if (status >= StatusCodes.Status500InternalServerError)
            {
                _span.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture)).SetStatus(ActivityStatusCode.Error);
            }

            _span.Dispose();
        }

        private static ActivityContext ParentOf(HttpRequest request)
        {
            if (Activity.Current is { } current && current.Source.HasListeners())
            {
                return current.Context;
            }

            // What the server makes for its own log is exported by nobody: as a parent it would be missing in the trace, and the trace not sampled
            Activity.Current = null;
            return ActivityContext.TryParse(request.Headers.TraceParent, request.Headers.TraceState, isRemote: true, out var sent) ? sent : default;
        }
    }
}
