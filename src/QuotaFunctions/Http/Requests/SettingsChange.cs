using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>What to change of the settings.</summary>
internal sealed record SettingsChange
{
    /// <summary>The log level; null ends the one that was set before its time.</summary>
    [AllowedValues("trace", "debug", "info", "warning", "error", "critical", "none")]
    [Example("debug")]
    public required string? LogLevel { get; init; }

    /// <summary>For how long, in seconds.</summary>
    [Range(1, ChangeSettings.MaxSeconds)]
    [DefaultValue(ChangeSettings.DefaultSeconds)]
    [Example(600)]
    public long ForSeconds { get; init; }
}
