using System.Globalization;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Validation;

/// <summary>Moments as text: ISO 8601 with an offset, as a local time would mean another moment on every machine.</summary>
public static partial class Timestamps
{
    /// <summary>What is said of text that is none.</summary>
    public const string Fault = "must be a date and time in ISO 8601 with an offset, such as 2030-01-31T23:59:59Z.";

    /// <summary>In UTC, with as many digits after the second as it has.</summary>
    public static string ToText(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads a moment, from the year 2000 to the year 9000: no calculation with it can leave the calendar. More than seven digits
    /// after the second are cut off, as a tick is 100 ns: Go and Java write nine.
    /// </summary>
    public static bool TryParse(string? text, out DateTimeOffset moment)
    {
        moment = default;
        if (text is null || Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var beyond = match.Groups["beyond"];
        return DateTimeOffset.TryParse(
                text.Remove(beyond.Index, beyond.Length), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out moment)
            && moment.Year is >= 2000 and < 9000;
    }

    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7}(?<beyond>[0-9]*))?)?([Zz]|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
