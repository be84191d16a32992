using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Has nobody told of an alert for a while; after that it is told again, unless it is over.</summary>
[RequestBody(typeof(SnoozeRequest))]
[Response(200, "As it is now. One that is resolved stays so.", typeof(AlertResponse))]
public sealed class SnoozeAlert(IAlerts alerts)
{
    /// <summary>For how long, where that is not said: an hour.</summary>
    public const int DefaultSeconds = 60 * 60;

    /// <summary>The longest time: 30 days.</summary>
    public const int MaxSeconds = 30 * 24 * 60 * 60;

    /// <summary>POST …/alerts/{alert}/snooze.</summary>
    [Function(nameof(SnoozeAlert))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Alert + "/snooze")] HttpRequest request, string alert, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, cancellationToken));
        var seconds = fields.Number("for_seconds", DefaultSeconds);
        if (seconds is < 1 or > MaxSeconds)
        {
            fields.AddError("for_seconds", $"must be from 1 to {MaxSeconds}.");
        }

        fields.ThrowIfInvalid();
        return Alert.IsId(alert) && await alerts.SnoozeAsync(alert, TimeSpan.FromSeconds(seconds), cancellationToken) is { } found
            ? JsonResult.Of(AlertResponse.Of(found, alerts.TextOf(found)), ResponseJson.Default.AlertResponse)
            : AdminRequests.NoSuchAlert();
    }
}
