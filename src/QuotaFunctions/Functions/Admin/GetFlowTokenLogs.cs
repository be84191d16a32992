using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows a key's audit log, the newest first, in the words of the earlier token service.</summary>
/// <remarks>A request looks at 5,000 rows at the most: a page may be short and has_more be true all the same.</remarks>
[Query(typeof(FlowLogsQuery))]
[Response(200, "A page.", typeof(FlowLogsResponse))]
[TenantScoped]
public sealed class GetFlowTokenLogs(IKeyService keys, IAuditLog log)
{
    /// <summary>GET /flow/tokens/{token}/quota/logs.</summary>
    [Function(nameof(GetFlowTokenLogs))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.FlowToken + "/quota/logs")] HttpRequest request, string token, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var query = new AuditQuery
        {
            Page = fields.Number("page", 1, 1, LogRequest.MaxPage),
            PageSize = fields.Number("page_size", 100, 1, 1000),
            From = Date(fields, "start_date"),
            To = Date(fields, "end_date")?.AddDays(1),
        };
        if (query.To <= query.From)
        {
            fields.AddError("end_date", "must not be before start_date.");
        }

        fields.ThrowIfInvalid();
        return keys.WithKeyAsync(
            request,
            token,
            async found =>
            {
                var page = await log.ReadAsync(query with { KeyId = found.Id }, cancellationToken);
                var logs = new FlowLogsData([.. page.Rows.Select(row => FlowLog.Of(row, found.Settings.Unit))], query.Page, query.PageSize, page.Next is not null);
                return JsonResult.Of(new FlowLogsResponse(Success: true, logs), ResponseJson.Default.FlowLogsResponse);
            },
            cancellationToken);
    }

    private static DateTimeOffset? Date(QueryFields fields, string name)
    {
        var text = fields.Text(name);
        var date = FlowFields.ParseDate(text);
        if (text is not null && date is null)
        {
            fields.AddError(name, FlowFields.NoDate);
        }

        return date;
    }
}
