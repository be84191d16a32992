using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Reads settings by the names that operators know (<c>NAME</c>, <c>GROUP__name</c>) and notes what is wrong with each:
/// one line that names the setting and the fix, and never shows the value, which may be a secret.
/// </summary>
/// <param name="configuration">Where the settings are.</param>
public sealed class SettingReader(IConfiguration configuration)
{
    private const string VaultReference = "@Microsoft.KeyVault(";

    private readonly List<string> _errors = [];
    private readonly Dictionary<string, SettingValue> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong, one line each.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Everything that was read, as it may be shown.</summary>
    public IReadOnlyCollection<SettingValue> Values => _values.Values;

    /// <summary>Notes that a setting is wrong.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fix">The rest of the line: what is wrong and what to do.</param>
    public void AddError(string name, string fix) => _errors.Add($"{name} {fix}");

    /// <summary>A setting with those whose names begin with its own and <c>__</c>.</summary>
    public IConfigurationSection Section(string name) =>
        configuration.GetSection(name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal));

    /// <summary>The names <c>name</c> of the settings <c>GROUP__name__…</c>. A wrong name, and a setting that the group does not have, are errors.</summary>
    /// <param name="group">What the settings begin with.</param>
    /// <param name="what">What one of the group is called in the errors, such as <c>provider</c>.</param>
    /// <param name="settings">The settings that each has, in any letter case.</param>
    public IEnumerable<string> Names(string group, string what, IReadOnlyCollection<string> settings)
    {
        foreach (var section in Section(group).GetChildren())
        {
            var name = $"{group}__{section.Key}";
            if (!NameRules.IsName(section.Key))
            {
                AddError(name, $"is not a {what}'s name: 1 to 32 letters, digits, - and _, a letter or digit first.");
            }
            else if (section.GetChildren().FirstOrDefault(child => !settings.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            {
                AddError($"{name}__{unknown.Key}", $"is not a setting: those of a {what} are {string.Join(", ", settings)}.");
            }
            else
            {
                yield return section.Key;
            }
        }
    }

    /// <summary>Text; null where there is none, or nothing but blanks. It is taken for a secret, and never shown.</summary>
    public string? Text(string name)
    {
        var value = Find(name);
        Note(name, value is null ? null : SettingValue.Hidden, value is not null);
        return value;
    }

    /// <summary>Text that is no secret, so that it may be shown; the fallback where there is none, or nothing but blanks.</summary>
    public string? PlainText(string name, string? fallback = null)
    {
        var value = Find(name);
        Note(name, value ?? fallback, value is not null);
        return value ?? fallback;
    }

    /// <summary>A whole number within limits.</summary>
    public long Number(string name, long fallback, long min, long max)
    {
        if (long.TryParse(PlainText(name, fallback.ToString(CultureInfo.InvariantCulture)), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        AddError(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max} (default {fallback})."));
        return fallback;
    }

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool fallback)
    {
        switch (PlainText(name, fallback ? "true" : "false")!.ToLowerInvariant())
        {
            case "true":
                return true;
            case "false":
                return false;
            default:
                AddError(name, $"must be true or false (default {(fallback ? "true" : "false")}).");
                return fallback;
        }
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
            // User and query may hold a secret
            Note(name, uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), isSet: true);
            return uri;
        }

        AddError(name, "must be an absolute http or https address.");
        return null;
    }

    private string? Find(string name)
    {
        var value = Section(name).Value?.Trim();
        if (value?.StartsWith(VaultReference, StringComparison.OrdinalIgnoreCase) == true)
        {
            RefuseReference(name);
        }

        return string.IsNullOrEmpty(value) ? null : value;
    }

    // What the platform hands over where it could not resolve it. As a token it would be one that anybody can guess.
    private void RefuseReference(string name)
    {
        var line = $"{name} is a Key Vault reference that was not resolved: see that the secret is there, and that the app's identity has the role Key Vault Secrets User.";
        if (!_errors.Contains(line))
        {
            _errors.Add(line);
        }
    }

    private void Note(string name, string? shown, bool isSet) => _values[name] = new SettingValue(name, shown, isSet ? Source(Section(name).Path) : SettingValue.Default);

    // The last provider that has it wins
    private string Source(string path) => (configuration as IConfigurationRoot)?.Providers.LastOrDefault(provider => provider.TryGet(path, out _)) switch
    {
        EnvironmentVariablesConfigurationProvider => "environment",
        { } provider => provider.ToString()!,
        null => "configuration",
    };
}
