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
/// and next goes on behind them: follow it until it is absent. With format=csv or ndjson all rows are one answer, streamed, without pages.
/// </remarks>
[Query(typeof(LogsQuery))]
[Response(200, "A page.", typeof(LogsResponse))]
[TenantScoped]
public sealed class GetKeyLogs(IKeyService keys, IAuditLog log)
{
    /// <summary>GET …/keys/{key}/logs.</summary>
    [Function(nameof(GetKeyLogs))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key + "/logs")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var asked = LogRequest.Read(request, fields, static text => AuditCursor.TryParse(text, out _));
        fields.ThrowIfInvalid();
        return keys.WithKeyAsync(
            request,
            key,
            found => asked.AnswerAsync(log, asked.Query with { KeyId = found.Id }, _ => found.Settings.Unit, isHolder: false, cancellationToken),
            cancellationToken);
    }
}
