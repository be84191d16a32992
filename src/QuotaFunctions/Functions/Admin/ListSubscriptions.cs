using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Lists the subscriptions.</summary>
[Response(200, "All of them.", typeof(SubscriptionsResponse))]
[ErrorResponse(nameof(ErrorResponses.InvalidRequest))]
[TenantScoped]
public sealed class ListSubscriptions(ISubscriptionStore subscriptions, TimeProvider time)
{
    /// <summary>GET …/subscriptions.</summary>
    [Function(nameof(ListSubscriptions))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Subscriptions)] HttpRequest request, CancellationToken cancellationToken)
    {
        new QueryFields(request.Query).ThrowIfInvalid();
        var all = await subscriptions.ListAsync(request.Admin().Tenant, cancellationToken);
        var now = time.GetUtcNow();
        return JsonResult.Of(
            new SubscriptionsResponse(all.Count, [.. all.Select(it => SubscriptionResponse.Of(it, now))]), ResponseJson.Default.SubscriptionsResponse);
    }
}
