using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Sends the report of a subscription's last whole period as a trial: its subject says so, and it is not counted as the period's.</summary>
[RequestBody(typeof(TestRequest), Required = false)]
[Response(202, "It is to be made and sent; Location says where the report is then.", typeof(TestReportResponse))]
[TenantScoped]
public sealed class TestSubscription(ISubscriptionStore subscriptions, IReportScheduler scheduler)
{
    /// <summary>POST …/subscriptions/{subscription}/test.</summary>
    [Function(nameof(TestSubscription))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Subscription + "/test")] HttpRequest request,
        string area,
        string subscription,
        CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, cancellationToken));
        var recipient = fields.TextOrNull("recipient", null);
        if (recipient is not null && !MailAddress.IsValid(recipient))
        {
            fields.AddError("recipient", "must be a mail address, such as me@example.com.");
        }

        fields.ThrowIfInvalid();
        return await subscriptions.WithSubscriptionAsync(
            request,
            subscription,
            async found =>
            {
                var report = await scheduler.RequestTestAsync(found, recipient, cancellationToken);
                return JsonResult.Of(
                    new TestReportResponse(report), ResponseJson.Default.TestReportResponse, StatusCodes.Status202Accepted, Routes.Location(area, "reports", report));
            },
            cancellationToken);
    }
}
