using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Reads a provider's credentials: <c>ApiKey</c>, and what stands beside it or in its place, <c>Credentials__0</c>, <c>Credentials__1</c> and so on.</summary>
internal static class ProviderCredentials
{
    /// <summary>The most that are set one by one.</summary>
    public const int Max = 20;

    /// <summary>Reads them, each once; none where none is set.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="prefix">What those of the provider begin with.</param>
    public static IReadOnlyList<string> Read(SettingReader settings, string prefix)
    {
        var list = settings.Section($"{prefix}__Credentials");
        if (list.Value is not null || list.GetChildren().Count() > Max)
        {
            settings.AddError($"{prefix}__Credentials", $"must be set one by one, {Max} at the most: {prefix}__Credentials__0, {prefix}__Credentials__1 and so on.");
        }

        var found = new List<string>();
        foreach (var name in list.GetChildren().Select(child => $"{prefix}__Credentials__{child.Key}").Prepend($"{prefix}__ApiKey"))
        {
            if (settings.Text(name) is not { } apiKey)
            {
                continue;
            }

            if (apiKey.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                settings.AddError(name, "must consist of printable ASCII characters, as HTTP has it.");
            }

            found.Add(apiKey);
        }

        return [.. found.Distinct(StringComparer.Ordinal)];
    }
}
