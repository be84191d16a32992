using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Shows a key's holder what the key has used; costs nothing.</summary>
/// <remarks>
/// Moments are taken to the quarter of an hour. What was refused is up to a minute old. With format=csv all of it is one answer, without pages.
/// </remarks>
[Query(typeof(OwnUsageParameters))]
[Response(200, "What was used.", typeof(UsageResponse))]
public sealed class GetOwnUsage(ClientKeys clients, IKeyService keys, IUsageReader usage, ClientAddress addresses, TimeProvider time)
{
    /// <summary>GET /quota/usage.</summary>
    [Function(nameof(GetOwnUsage))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "quota/usage")] HttpRequest request, CancellationToken cancellationToken) =>
        clients.WithOwnKeyAsync(
            keys,
            request,
            addresses.Of(request),
            key =>
            {
                var fields = new QueryFields(request.Query);
                var asked = UsageRequest.Read(fields, time.GetUtcNow());
                var group = Enum.Parse<UsageGroup>(fields.Choice("group_by", "key", "key", "provider", "model"), ignoreCase: true);
                fields.ThrowIfInvalid();
                return asked.AnswerAsync(usage, asked.Query with { KeyId = key.Id, GroupBy = group }, cancellationToken);
            },
            cancellationToken);
}
