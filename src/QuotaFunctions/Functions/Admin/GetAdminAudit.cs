using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows what admins did, the newest first.</summary>
/// <remarks>
/// A request looks at 2,000 actions at the most. Where few of them are wanted the page is short, perhaps empty, and next goes on behind them:
/// follow it until it is absent.
/// </remarks>
[Query(typeof(AdminActionsQuery))]
[Response(200, "A page.", typeof(AdminAuditResponse))]
public sealed class GetAdminAudit(IAdminAudit audit)
{
    /// <summary>The most actions a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>GET …/audit.</summary>
    [Function(nameof(GetAdminAudit))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.AdminAudit)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var query = new AdminAuditQuery
        {
            Limit = fields.Number("limit", 100, 1, MaxLimit),
            Cursor = fields.Text("cursor"),
            Actor = fields.Text("actor"),
            Target = fields.Text("target"),
            From = fields.Timestamp("from"),
            To = fields.Timestamp("to"),
        };
        if (query.Cursor is { } cursor && !NewestFirstId.IsId(cursor))
        {
            fields.AddError("cursor", "must be what next was in the answer before.");
        }

        fields.CheckPeriod(query.From, query.To);
        fields.ThrowIfInvalid();
        var page = await audit.ReadAsync(query, cancellationToken);
        return JsonResult.Of(
            new AdminAuditResponse([.. page.Actions.Select(AdminActionResponse.Of)], page.Next), ResponseJson.Default.AdminAuditResponse);
    }
}
