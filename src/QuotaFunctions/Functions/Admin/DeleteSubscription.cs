using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Deletes a subscription: nobody gets its reports any more. That of the settings is changed there.</summary>
[Response(204, "Deleted.")]
[ErrorResponse(nameof(ErrorResponses.InvalidRequest))]
[TenantScoped]
public sealed class DeleteSubscription(ISubscriptionStore subscriptions)
{
    /// <summary>DELETE …/subscriptions/{subscription}.</summary>
    [Function(nameof(DeleteSubscription))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.Subscription)] HttpRequest request, string subscription, CancellationToken cancellationToken) =>
        subscriptions.WithSubscriptionAsync(
            request,
            subscription,
            async found =>
            {
                found.ThrowIfDefault();
                return await subscriptions.DeleteAsync(found.Id, cancellationToken) ? NoContentResult.Instance : SubscriptionRequests.NoSuchSubscription();
            },
            cancellationToken);
}
