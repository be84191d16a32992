using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Shows a key's holder the key's audit log, the newest first; costs nothing.</summary>
/// <remarks>
/// As the admins see it, but that every one of them is called admin, and instance is left out. A request looks at 5,000 rows at the most:
/// a page may be short and have next all the same. With format=csv or ndjson all rows are one answer, streamed, without pages.
/// </remarks>
[Query(typeof(LogsQuery))]
[Response(200, "A page.", typeof(LogsResponse))]
public sealed class GetOwnLogs(ClientKeys clients, IKeyService keys, IAuditLog log, ClientAddress addresses)
{
    /// <summary>GET /quota/logs.</summary>
    [Function(nameof(GetOwnLogs))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "quota/logs")] HttpRequest request, CancellationToken cancellationToken) =>
        clients.WithOwnKeyAsync(
            keys,
            request,
            addresses.Of(request),
            key =>
            {
                var fields = new QueryFields(request.Query);
                var asked = LogRequest.Read(request, fields, static text => AuditCursor.TryParse(text, out _));
                fields.ThrowIfInvalid();
                return asked.AnswerAsync(log, asked.Query with { KeyId = key.Id }, _ => key.Settings.Unit, isHolder: true, cancellationToken);
            },
            cancellationToken);
}
