using System.Globalization;
using System.Text;
using QuotaFunctions.Core.Hosting;
using static QuotaFunctions.OpenApiGenerator.MarkdownText;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Writes the table of the settings into a page. What stands around it is written by hand.</summary>
public static class SettingsTable
{
    private const string Begin = "<!-- Written by scripts/openapi.sh from the options types: begin -->\n";
    private const string End = "<!-- end -->\n";

    /// <summary>The page with the table as the code has it.</summary>
    /// <param name="page">The page, with the two marks between which the table stands.</param>
    /// <exception cref="FormatException">The page does not have the marks.</exception>
    public static string WriteInto(string page)
    {
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        var end = page.IndexOf(End, Math.Max(begin, 0), StringComparison.Ordinal);
        if (begin < 0 || end < 0)
        {
            throw new FormatException($"The page does not have the marks {Begin.TrimEnd()} and {End.TrimEnd()}, each on a line of its own.");
        }

        var table = new StringBuilder("| setting | default | what |\n| --- | --- | --- |\n");
        foreach (var setting in SettingAttribute.All)
        {
            var secret = setting.IsSecret ? " (secret)" : "";
            table.Append(CultureInfo.InvariantCulture, $"| `{setting.Name}`{secret} | {Cell(setting.Fallback)} | {Cell(setting.Description)} |\n");
        }

        return $"{page[..begin]}{Begin}\n{table}\n{page[end..]}";
    }
}
