using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows one subscription.</summary>
[Response(200, "The subscription.", typeof(SubscriptionResponse))]
[TenantScoped]
public sealed class GetSubscription(ISubscriptionStore subscriptions, TimeProvider time)
{
    /// <summary>GET …/subscriptions/{subscription}.</summary>
    [Function(nameof(GetSubscription))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Subscription)] HttpRequest request, string subscription, CancellationToken cancellationToken) =>
        subscriptions.WithSubscriptionAsync(
            request,
            subscription,
            found => Task.FromResult<IResult>(JsonResult.Of(SubscriptionResponse.Of(found, time.GetUtcNow()), ResponseJson.Default.SubscriptionResponse)),
            cancellationToken);
}
