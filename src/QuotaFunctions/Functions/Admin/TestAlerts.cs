using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Sends a test to everybody who is told of alerts, within seconds.</summary>
[Response(202, "Whom it goes to; nobody, where neither recipients nor webhooks are set.", typeof(AlertTestResponse))]
public sealed class TestAlerts(IAlerts alerts)
{
    /// <summary>POST …/alerts/test.</summary>
    [Function(nameof(TestAlerts))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Alerts + "/test")] HttpRequest request, CancellationToken cancellationToken)
    {
        var targets = await alerts.TestAsync(cancellationToken);
        return JsonResult.Of(new AlertTestResponse(targets.Recipients, targets.Webhooks), ResponseJson.Default.AlertTestResponse, StatusCodes.Status202Accepted);
    }
}
