using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>The tables and charts of a suite: printed as they come, and written as Markdown, JSON and SVG in the end.</summary>
internal sealed class PerformanceReport(string suite, Machine machine, RunPlan plan)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Table> _tables = [];
    private readonly List<Chart> _charts = [];
    private readonly DateTimeOffset _at = TimeProvider.System.GetUtcNow();

    public void Add(Table table)
    {
        _tables.Add(table);
        Console.WriteLine(table.ToMarkdown());
    }

    public void Add(Chart chart) => _charts.Add(chart);

    /// <summary>Writes its part of <c>performance.md</c> and <c>performance.json</c>, and its charts, into a folder. The other suites' parts stay.</summary>
    public void Write(string folder)
    {
        var images = Path.Combine(folder, "images");
        Directory.CreateDirectory(images);
        _charts.ForEach(chart => File.WriteAllText(Path.Combine(images, FileOf(chart)), chart.ToSvg()));
        var data = Path.Combine(folder, "performance.json");
        var all = File.Exists(data) ? JsonNode.Parse(File.ReadAllText(data))!.AsObject() : [];
        all[suite] = ToJson();
        File.WriteAllText(data, all.ToJsonString(Json) + "\n");
        MarkedPart.Write(Path.Combine(folder, "performance.md"), $"bench:{suite}", $"\n{ToMarkdown()}");
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

    private JsonNode? ToJson() => JsonSerializer.SerializeToNode(
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
        Json);

    private static string FileOf(Chart chart) => $"performance-{chart.Name}.svg";
}
