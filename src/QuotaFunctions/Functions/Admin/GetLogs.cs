using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows the audit log of all keys and pools, the newest first.</summary>
/// <remarks>
/// A request looks at 5,000 rows at the most. Where few of them are wanted (a rare outcome, a late page), the page is short, perhaps empty,
/// and next goes on behind them: follow it until it is absent. With format=csv or ndjson all rows are one answer, streamed, without pages.
/// </remarks>
[Query(typeof(AllLogsQuery))]
[Response(200, "A page.", typeof(LogsResponse))]
[TenantScoped]
public sealed class GetLogs(IAuditLog log, IKeyService keys)
{
    /// <summary>GET …/logs.</summary>
    [Function(nameof(GetLogs))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Logs)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var asked = LogRequest.Read(request, fields, static text => AuditIndexCursor.TryParse(text, out _));
        var tenant = fields.Tenant(request.Admin());
        fields.ThrowIfInvalid();
        var among = tenant is null ? null : await keys.FindOwnedIdsAsync(tenant, cancellationToken);
        var units = await keys.FindUnitsAsync(cancellationToken);
        return await asked.AnswerAsync(
            log, asked.Query with { Among = among }, id => units.GetValueOrDefault(id), isHolder: false, cancellationToken);
    }
}
