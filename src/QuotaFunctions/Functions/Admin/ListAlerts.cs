using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Lists what needs attention, and what did.</summary>
/// <remarks>
/// A request looks at 2,000 alerts at the most. Where few of them are wanted the page is short, perhaps empty, and next goes on behind them:
/// follow it until it is absent.
/// </remarks>
[Query(typeof(AlertsQuery))]
[Response(200, "A page.", typeof(AlertsResponse))]
public sealed class ListAlerts(IAlerts alerts)
{
    /// <summary>The most alerts a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>GET …/alerts.</summary>
    [Function(nameof(ListAlerts))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Alerts)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var status = fields.Choice("status", "open", "open", "snoozed", "resolved", "all");
        var query = new AlertQuery(
            status == "all" ? null : Enum.Parse<AlertState>(status, ignoreCase: true), fields.Number("limit", 100, 1, MaxLimit), fields.Text("cursor"));
        fields.ThrowIfInvalid();
        var page = await alerts.ListAsync(query, cancellationToken);
        return JsonResult.Of(
            new AlertsResponse([.. page.Alerts.Select(alert => AlertResponse.Of(alert, alerts.TextOf(alert)))], page.Next), ResponseJson.Default.AlertsResponse);
    }
}
