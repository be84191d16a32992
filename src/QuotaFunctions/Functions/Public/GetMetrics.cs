using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Shows the metrics, as Prometheus scrapes them.</summary>
/// <remarks>
/// With METRICS_TOKEN set only to who sends it, or an admin token, as Authorization: Bearer. Series that name a key are there only for
/// them.
/// </remarks>
[Response(200, "Prometheus's text format.", typeof(string), MediaType = "text/plain")]
[ErrorResponse(nameof(ErrorResponses.MetricsTokenRequired), nameof(ErrorResponses.MetricsOff))]
public sealed class GetMetrics(PrometheusExporter exporter, MetricsAccess access)
{
    /// <summary>GET /metrics.</summary>
    [Function(nameof(GetMetrics))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "metrics")] HttpRequest request, CancellationToken cancellationToken)
    {
        if (!exporter.IsEnabled)
        {
            return new ProblemResult(Problem.NotFound, "Metrics are switched off: ENABLE_METRICS is false.");
        }

        var token = request.BearerToken();
        return access.Of(token) is var scope && scope == MetricsScope.None
            ? new ProblemResult(token is null ? Problem.TokenMissing : Problem.TokenInvalid, "Send METRICS_TOKEN or an admin token as Authorization: Bearer.")
            : new TextResult(await exporter.WriteAsync(scope, cancellationToken), PrometheusExporter.ContentType);
    }
}
