using System.Globalization;
using System.Text;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>Makes what people typed safe to show: names of keys and models hold whatever their makers wanted.</summary>
internal static class SafeText
{
    /// <summary>Text on one line: no control characters, no line ends, nothing that turns the direction of what follows; at most so many characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most characters, those that are cut off shown by an ellipsis.</param>
    public static string Line(string? text, int maxLength = 200)
    {
        var line = new StringBuilder();
        var elements = StringInfo.GetTextElementEnumerator(text ?? "");
        while (elements.MoveNext())
        {
            var element = elements.GetTextElement();
            if (line.Length + element.Length > maxLength)
            {
                line.Append('…');
                break;
            }

            foreach (var rune in element.EnumerateRunes())
            {
                line.Append(IsPlain(rune) ? rune.ToString() : " ");
            }
        }

        return line.ToString().Trim();
    }

    /// <summary>The same, without the labels that a script looks for in the text report: one in a name would be found as well.</summary>
    public static string Unsearched(string? text)
    {
        var line = Line(text);
        foreach (var label in ReportWords.Searched)
        {
            line = line.Replace(label, $"{label[0]}_{label[1..]}", StringComparison.OrdinalIgnoreCase);
        }

        return line;
    }

    // A joiner holds an emoji of several parts together, and is a format character, too
    private static bool IsPlain(Rune rune) => rune.Value == 0x200D || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
