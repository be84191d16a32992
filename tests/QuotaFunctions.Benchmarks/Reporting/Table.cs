using System.Globalization;
using System.Text;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>Figures in rows.</summary>
/// <param name="Name">What programs call it.</param>
/// <param name="Title">What people read.</param>
/// <param name="Columns">Their heads. A column is text where its first row has text.</param>
internal sealed record Table(string Name, string Title, params string[] Columns)
{
    private readonly List<object?[]> _rows = [];

    /// <summary>Text, numbers, and null where there is no figure.</summary>
    public IReadOnlyList<object?[]> Rows => _rows;

    public void Add(params object?[] cells) => _rows.Add(cells);

    /// <summary>As Markdown has it.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"### {Title}").AppendLine();
        text.AppendLine(Line(Columns));
        text.AppendLine(Line(Columns.Select((_, column) => _rows.Exists(row => row[column] is string) ? "---" : "---:")));
        foreach (var row in _rows)
        {
            text.AppendLine(Line(row.Select(Text)));
        }

        return text.ToString();
    }

    /// <summary>A number with three digits that say something.</summary>
    public static string Text(object? cell) => cell switch
    {
        null => "",
        string text => text,
        _ => Convert.ToDouble(cell, CultureInfo.InvariantCulture) switch
        {
            >= 99.5 or <= -99.5 or 0 => Format(cell, "N0"),
            >= 9.95 or <= -9.95 => Format(cell, cell is int ? "N0" : "N1"),
            _ => Format(cell, cell is int ? "N0" : "N2"),
        },
    };

    private static string Format(object number, string format) => ((IFormattable)number).ToString(format, CultureInfo.InvariantCulture);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}
