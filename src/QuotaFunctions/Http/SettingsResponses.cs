using System.Text.Json.Serialization;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>The settings in force.</summary>
/// <param name="Settings">Every setting, by name.</param>
internal sealed record SettingsResponse(IReadOnlyList<SettingResponse> Settings)
{
    public static SettingsResponse Of(SettingValues settings, TemporaryLogLevel logLevel) => new(
    [
        .. settings.All.Select(setting => setting.Name == LogLevels.Setting && logLevel.EndsAt is { } endsAt
            ? new SettingResponse(setting.Name, LogLevels.NameOf(logLevel.Current), "temporary", endsAt)
            : new SettingResponse(setting.Name, setting.Value, setting.Source, EndsAt: null)),
    ]);
}

/// <summary>A setting.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What is in force; *** for a secret; null where it is not set.</param>
/// <param name="Source">
/// environment: an app setting or an environment variable. default: it is not set. temporary: set by PATCH for a while. Else the configuration
/// provider.
/// </param>
/// <param name="EndsAt">When a temporary value ends; absent for others.</param>
internal sealed record SettingResponse(
    [property: Example("LOG_LEVEL")] string Name,
    [property: Example("debug")] string? Value,
    [property: Example("temporary")] string Source,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("2026-01-01T09:40:00Z")] DateTimeOffset? EndsAt);
