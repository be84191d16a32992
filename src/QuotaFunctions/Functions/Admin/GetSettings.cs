using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows the settings in force, each with where its value comes from. Secrets are hidden.</summary>
[Response(200, "All of them.", typeof(SettingsResponse))]
public sealed class GetSettings(SettingValues settings, TemporaryLogLevel logLevel)
{
    /// <summary>GET …/settings.</summary>
    [Function(nameof(GetSettings))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Settings)] HttpRequest request, CancellationToken cancellationToken)
    {
        await logLevel.ReadAsync(cancellationToken);
        return JsonResult.Of(SettingsResponse.Of(settings, logLevel), ResponseJson.Default.SettingsResponse);
    }
}
