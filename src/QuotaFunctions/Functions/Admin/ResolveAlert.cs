using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Resolves an alert, though what it tells of may not be over.</summary>
/// <remarks>It opens again only once that was over; of a quota with the next threshold, or with what is granted next.</remarks>
[Response(200, "As it is now.", typeof(AlertResponse))]
public sealed class ResolveAlert(IAlerts alerts)
{
    /// <summary>POST …/alerts/{alert}/resolve.</summary>
    [Function(nameof(ResolveAlert))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Alert + "/resolve")] HttpRequest request, string alert, CancellationToken cancellationToken) =>
        Alert.IsId(alert) && await alerts.ResolveAsync(alert, cancellationToken) is { } found
            ? JsonResult.Of(AlertResponse.Of(found, alerts.TextOf(found)), ResponseJson.Default.AlertResponse)
            : AdminRequests.NoSuchAlert();
}
