using Azure.Identity;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>Settings of metrics and traces.</summary>
[Setting("OTEL_SERVICE_NAME", "`quota-functions`", "what the service is called in OpenTelemetry, which reads it itself")]
public sealed class TelemetryOptions
{
    /// <summary>The setting that turns OTLP on. OpenTelemetry itself reads it, with its others (<c>OTEL_…</c>).</summary>
    [Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "none",
        "traces, metrics and the log go there by OTLP, such as `http://127.0.0.1:4317`. OpenTelemetry's other settings go with it: "
        + "[metrics.md](metrics.md#opentelemetry)")]
    public const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The setting that turns Application Insights on.</summary>
    [Setting("APPLICATIONINSIGHTS_CONNECTION_STRING", "none", "traces, metrics and the log go to this Application Insights", IsSecret = true)]
    public const string ApplicationInsights = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>
    /// The setting by which Application Insights is reached with a managed identity: <c>Authorization=AAD</c>, and <c>ClientId=…</c> for one
    /// that was assigned by a user. The Functions host reads it as well.
    /// </summary>
    [Setting(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "none",
        "`Authorization=AAD`: as the app's managed identity, which needs the role Monitoring Metrics Publisher; with `;ClientId=` and its "
        + "client id for a user-assigned one. For the Functions host and the app", IsSecret = true)]
    public const string ApplicationInsightsAuthentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary><c>ENABLE_METRICS</c>: whether <c>GET /metrics</c> answers, and anything is gathered for it. Default true.</summary>
    [Setting("ENABLE_METRICS", "`true`", "`false`: `GET /metrics` is 404, and nothing is gathered for it")]
    public bool EnableMetrics { get; set; } = true;

    /// <summary><c>METRICS_TOKEN</c>: without it or an admin token nobody gets metrics. None by default: anybody does, but for those that name keys.</summary>
    [Setting(
        "METRICS_TOKEN",
        "none",
        "`GET /metrics` only with it, or an admin token, as Bearer; the rules of `ADMIN_TOKEN`, and another one than the admins'. Without it"
        + " anybody may scrape what names no key", IsSecret = true)]
    public string? MetricsToken { get; set; }

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, TelemetryOptions options)
    {
        options.EnableMetrics = settings.Flag("ENABLE_METRICS", fallback: true);
        options.MetricsToken = settings.Text("METRICS_TOKEN");
        if (options.MetricsToken is { } token)
        {
            ServiceOptions.CheckToken(settings, "METRICS_TOKEN", token);
            if (token == settings.Text("ADMIN_TOKEN") || token == settings.Text("ADMIN_READONLY_TOKEN"))
            {
                settings.AddError("METRICS_TOKEN", "must not be the same as an admin token: what scrapes metrics needs to do nothing else.");
            }
        }

        _ = settings.Address(OtlpEndpoint);
        if (settings.Text(ApplicationInsightsAuthentication) is { } authentication && IdentityOf(authentication) is null)
        {
            settings.AddError(ApplicationInsightsAuthentication, "must be Authorization=AAD, for a user-assigned identity with ;ClientId= and its client id.");
        }

        if (settings.Text(ApplicationInsights) is { } text && !text.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
        {
            settings.AddError(ApplicationInsights, "must be the connection string of Application Insights, which begins with InstrumentationKey=.");
        }
    }

    /// <summary>The identity that the text of <see cref="ApplicationInsightsAuthentication"/> names; null where it is not well formed.</summary>
    public static ManagedIdentityId? IdentityOf(string authentication)
    {
        string? authorization = null, client = null;
        foreach (var part in authentication.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            switch (part.Split('=', 2, StringSplitOptions.TrimEntries))
            {
                case [var name, var value] when name.Equals("Authorization", StringComparison.OrdinalIgnoreCase):
                    authorization = value;
                    break;
                case [var name, { Length: > 0 } value] when name.Equals("ClientId", StringComparison.OrdinalIgnoreCase):
                    client = value;
                    break;
                default:
                    return null;
            }
        }

        return string.Equals(authorization, "AAD", StringComparison.OrdinalIgnoreCase)
            ? client is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(client)
            : null;
    }
}
