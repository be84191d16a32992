using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.LocalHost.Functions;

/// <summary>Puts settings in the place of <c>%NAME%</c> in what trigger attributes say.</summary>
internal static partial class SettingNames
{
    /// <summary>The text with every <c>%NAME%</c> replaced; a setting that is missing keeps the host from starting.</summary>
    public static string Expand(this IConfiguration configuration, string text, string functionName) =>
        NameBetweenPercentSigns().Replace(text, match =>
        {
            var name = match.Groups[1].Value;
            return configuration[name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal)]
                ?? throw new HostStartException($"function {functionName}: the setting {name} is missing");
        });

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex NameBetweenPercentSigns();
}
