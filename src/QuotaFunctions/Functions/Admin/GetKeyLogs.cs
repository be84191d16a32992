using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows a key's audit log, the newest first.</summary>
/// <remarks>
/// A request looks at 5,000 rows at the most. Where few of them are wanted (a rare outcome, a late page), the page is short, perhaps empty,
/// and next goes on behind them: follow it until it is absent.
/// </remarks>
[Query(typeof(LogsQuery))]
[Response(200, "A page.", typeof(LogsResponse))]
[TenantScoped]
public sealed partial class GetKeyLogs(IKeyService keys, IAuditLog log)
{
    /// <summary>The last page that is counted to; what lies beyond is reached by cursor.</summary>
    public const int MaxPage = 10_000;

    /// <summary>GET …/keys/{key}/logs.</summary>
    [Function(nameof(GetKeyLogs))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key + "/logs")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var query = new AuditQuery
        {
            KeyId = "",
            Page = fields.Number("page", 1, 1, MaxPage),
            PageSize = fields.Number("page_size", 100, 1, 1000),
            Cursor = fields.Text("cursor"),
            From = fields.Timestamp("from"),
            To = fields.Timestamp("to"),
            Outcome = fields.Text("outcome"),
        };
        if (query.Cursor is { } cursor && !AuditCursor.TryParse(cursor, out _))
        {
            fields.AddError("cursor", "must be what next was in the answer before.");
        }
        else if (query.Cursor is not null && request.Query.ContainsKey("page"))
        {
            fields.AddError("cursor", "cannot be used together with page.");
        }

        if (query.To <= query.From)
        {
            fields.AddError("to", "must be later than from.");
        }

        if (query.Outcome is { } outcome && !Outcome().IsMatch(outcome))
        {
            fields.AddError("outcome", "must be the name of an outcome, such as succeeded.");
        }

        fields.ThrowIfInvalid();
        return keys.WithKeyAsync(
            request,
            key,
            async found =>
            {
                var page = await log.ReadAsync(query with { KeyId = found.Id }, cancellationToken);
                return JsonResult.Of(new LogsResponse([.. page.Rows.Select(LogRowResponse.Of)], query.Page, query.PageSize, page.Next), ResponseJson.Default.LogsResponse);
            },
            cancellationToken);
    }

    [GeneratedRegex(@"^[a-z_]{1,32}\z")]
    private static partial Regex Outcome();
}
