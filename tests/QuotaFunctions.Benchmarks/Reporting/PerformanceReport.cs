using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>The tables and charts of a comparison: printed as they come, and written as Markdown, JSON and SVG in the end.</summary>
internal sealed class PerformanceReport(Machine machine, RunPlan plan)
{
    private const string Begin = "<!-- bench:begin -->";
    private const string End = "<!-- bench:end -->";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Table> _tables = [];
    private readonly List<LineChart> _charts = [];
    private readonly DateTimeOffset _at = TimeProvider.System.GetUtcNow();

    public void Add(Table table)
    {
        _tables.Add(table);
        Console.WriteLine(table.ToMarkdown());
    }

    public void Add(LineChart chart) => _charts.Add(chart);

    /// <summary>Writes <c>performance.md</c>, <c>performance.json</c> and the charts into a folder.</summary>
    public void Write(string folder)
    {
        var images = Path.Combine(folder, "images");
        Directory.CreateDirectory(images);
        _charts.ForEach(chart => File.WriteAllText(Path.Combine(images, FileOf(chart)), chart.ToSvg()));
        File.WriteAllText(Path.Combine(folder, "performance.json"), ToJson());
        var page = Path.Combine(folder, "performance.md");
        File.WriteAllText(page, Within(File.Exists(page) ? File.ReadAllText(page) : $"{Begin}{End}\n"));
    }

    /// <summary>The page with the tables between the two marks, and all else as it was.</summary>
    private string Within(string page)
    {
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        var end = page.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && begin < end
            ? $"{page[..begin]}{Begin}\n\n{ToMarkdown()}\n{page[end..]}"
            : throw new InvalidDataException($"performance.md needs {Begin} and {End}");
    }

    private string ToMarkdown()
    {
        var kind = plan.IsQuick ? "Quick, and not to be quoted: a run" : "A run";
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"{kind} on {_at:d MMMM yyyy}. {machine}. Medians of {plan.Rounds} rounds taken in turn.").AppendLine();
        text.AppendJoin('\n', _tables.Select(table => table.ToMarkdown()));
        foreach (var chart in _charts)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![{chart.Title}](images/{FileOf(chart)})");
        }

        return text.ToString();
    }

    private string ToJson() => JsonSerializer.Serialize(
        new
        {
            at = _at,
            quick = plan.IsQuick,
            rounds = plan.Rounds,
            machine = new { machine.Processor, machine.Cores, machine.MemoryGiB, machine.System },
            machine.Versions,
            machine.Commit,
            tables = _tables.Select(table => new { table.Name, table.Title, table.Columns, table.Rows }),
        },
        Json) + "\n";

    private static string FileOf(LineChart chart) => $"performance-{chart.Name}.svg";
}
