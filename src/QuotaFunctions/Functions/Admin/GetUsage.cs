using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows who used what: in all, or between two moments, by hour or day of any time zone.</summary>
/// <remarks>
/// Of one key it is what is in the log, a second or two after a request ends. Over all keys it is copied every half a minute. What was refused
/// is up to a minute old. Moments are taken to the quarter of an hour. With format=csv all of it is one answer, without pages.
/// </remarks>
[Query(typeof(UsageParameters))]
[Response(200, "What was used.", typeof(UsageResponse))]
[TenantScoped]
public sealed class GetUsage(IUsageReader usage, IKeyService keys, TimeProvider time)
{
    /// <summary>GET …/usage.</summary>
    [Function(nameof(GetUsage))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Usage)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var asked = UsageRequest.Read(fields, time.GetUtcNow());
        var key = fields.Text("key");
        var query = asked.Query with
        {
            Tenant = fields.Tenant(request.Admin()),
            GroupBy = Enum.Parse<UsageGroup>(fields.Choice("group_by", "key", "key", "tenant", "provider", "model"), ignoreCase: true),
        };
        fields.ThrowIfInvalid();
        return key is null
            ? asked.AnswerAsync(usage, query, cancellationToken)
            : keys.WithKeyAsync(request, key, found => asked.AnswerAsync(usage, query with { KeyId = found.Id }, cancellationToken), cancellationToken);
    }
}
