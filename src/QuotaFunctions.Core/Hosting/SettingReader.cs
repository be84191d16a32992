using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Reads settings by the names that operators know (<c>NAME</c>, <c>GROUP__name</c>) and notes what is wrong with each:
/// one line that names the setting and the fix, and never shows the value, which may be a secret.
/// </summary>
/// <param name="configuration">Where the settings are.</param>
public sealed class SettingReader(IConfiguration configuration)
{
    private readonly List<string> _errors = [];

    /// <summary>What is wrong, one line each.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Notes that a setting is wrong.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fix">The rest of the line: what is wrong and what to do.</param>
    public void AddError(string name, string fix) => _errors.Add($"{name} {fix}");

    /// <summary>A setting with those whose names begin with its own and <c>__</c>.</summary>
    public IConfigurationSection Section(string name) =>
        configuration.GetSection(name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal));

    /// <summary>Text; null where there is none, or nothing but blanks.</summary>
    public string? Text(string name)
    {
        var value = Section(name).Value?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>A whole number within limits.</summary>
    public long Number(string name, long fallback, long min, long max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        AddError(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max} (default {fallback})."));
        return fallback;
    }

    /// <summary>An absolute http or https address; null where there is none.</summary>
    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https"))
        {
            return uri;
        }

        AddError(name, "must be an absolute http or https address.");
        return null;
    }
}
