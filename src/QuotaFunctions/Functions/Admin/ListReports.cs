using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Lists the usage reports that were asked for, the newest first.</summary>
/// <remarks>
/// A request looks at 2,000 reports at the most. Where few of them are wanted the page is short, perhaps empty, and next goes on behind them:
/// follow it until it is absent.
/// </remarks>
[Query(typeof(ReportsQuery))]
[Response(200, "A page.", typeof(ReportsResponse))]
[TenantScoped]
public sealed class ListReports(IReportStore reports)
{
    /// <summary>GET …/reports.</summary>
    [Function(nameof(ListReports))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Reports)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var status = fields.Choice("status", "", "queued", "ready", "failed");
        var query = new ReportQuery
        {
            Limit = fields.Number("limit", 100, 1, 1000),
            Cursor = fields.Text("cursor"),
            Tenant = fields.Tenant(request.Admin()),
            Status = status.Length > 0 ? Enum.Parse<ReportStatus>(status, ignoreCase: true) : null,
        };
        if (query.Cursor is { } cursor && !NewestFirstId.IsId(cursor))
        {
            fields.AddError("cursor", "must be what next was in the answer before.");
        }

        fields.ThrowIfInvalid();
        var page = await reports.ListAsync(query, cancellationToken);
        return JsonResult.Of(new ReportsResponse([.. page.Reports.Select(ReportResponse.Of)], page.Next), ResponseJson.Default.ReportsResponse);
    }
}
