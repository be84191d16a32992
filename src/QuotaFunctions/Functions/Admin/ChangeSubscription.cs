using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Changes what is given of a subscription. That of the settings is changed there.</summary>
[RequestBody(typeof(SubscriptionChange))]
[Response(200, "As it is now.", typeof(SubscriptionResponse))]
[TenantScoped]
public sealed class ChangeSubscription(ISubscriptionStore subscriptions, IKeyService keys, TimeProvider time)
{
    /// <summary>PATCH …/subscriptions/{subscription}.</summary>
    [Function(nameof(ChangeSubscription))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = Routes.Subscription)] HttpRequest request, string subscription, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        return await subscriptions.WithSubscriptionAsync(
            request,
            subscription,
            async found =>
            {
                found.ThrowIfDefault();
                var (fields, settings, _) = Read(found);
                await fields.CheckScopeAsync(settings, keys, request.Admin(), cancellationToken);
                var now = time.GetUtcNow();
                var changed = await subscriptions.ChangeAsync(found.Id, current => Read(current) is var (_, next, status) ? current.With(next, status, now) : null, cancellationToken);
                return JsonResult.Of(SubscriptionResponse.Of(changed, now), ResponseJson.Default.SubscriptionResponse);
            },
            cancellationToken);

        (JsonFields Fields, SubscriptionSettings Settings, SubscriptionStatus Status) Read(Subscription current)
        {
            var fields = JsonFields.Of(body);
            return (fields, SubscriptionReader.Read(fields, current.Settings), fields.Word("status", current.Status, SubscriptionStatus.Active, SubscriptionStatus.Paused));
        }
    }
}
