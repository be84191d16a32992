using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Sets the log level for a while, on every instance; it ends by itself.</summary>
/// <remarks>An instance learns of it when it is called next, within 30 seconds. Other settings are changed where the app's settings are.</remarks>
[RequestBody(typeof(SettingsChange))]
[Response(200, "As they are now.", typeof(SettingsResponse))]
public sealed class ChangeSettings(SettingValues settings, TemporaryLogLevel logLevel)
{
    /// <summary>For how long the level holds where that is not said.</summary>
    public const int DefaultSeconds = 600;

    /// <summary>The longest time: a day.</summary>
    public const int MaxSeconds = 24 * 60 * 60;

    /// <summary>PATCH …/settings.</summary>
    [Function(nameof(ChangeSettings))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = Routes.Settings)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken));
        var name = fields.TextOrNull("log_level", null);
        var level = LogLevels.Parse(name);
        if (!fields.Has("log_level") || (name is not null && level is null))
        {
            fields.AddError("log_level", $"must be {LogLevels.Names}; null to end it.");
        }

        var seconds = fields.Number("for_seconds", DefaultSeconds);
        if (seconds is < 1 or > MaxSeconds)
        {
            fields.AddError("for_seconds", $"must be from 1 to {MaxSeconds}.");
        }

        fields.ThrowIfInvalid();
        await logLevel.SetAsync(level, TimeSpan.FromSeconds(seconds), cancellationToken);
        return JsonResult.Of(SettingsResponse.Of(settings, logLevel), ResponseJson.Default.SettingsResponse);
    }
}
