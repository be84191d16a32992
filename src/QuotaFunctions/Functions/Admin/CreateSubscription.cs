using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Makes a subscription: who gets which report by mail, and when.</summary>
[RequestBody(typeof(NewSubscription))]
[Response(201, "Made.", typeof(SubscriptionResponse))]
[TenantScoped]
public sealed class CreateSubscription(ISubscriptionStore subscriptions, IKeyService keys, IOptions<ReportOptions> options, TimeProvider time)
{
    /// <summary>POST …/subscriptions.</summary>
    [Function(nameof(CreateSubscription))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Subscriptions)] HttpRequest request, string area, CancellationToken cancellationToken)
    {
        var admin = request.Admin();
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken));
        var settings = SubscriptionReader.Read(fields, new SubscriptionSettings { Tenant = admin.Tenant, Language = options.Value.Language });
        await fields.CheckScopeAsync(settings, keys, admin, cancellationToken);
        var made = await subscriptions.CreateAsync(settings, cancellationToken);
        return JsonResult.Created(
            SubscriptionResponse.Of(made, time.GetUtcNow()), ResponseJson.Default.SubscriptionResponse, Routes.Location(area, "subscriptions", made.Id));
    }
}
