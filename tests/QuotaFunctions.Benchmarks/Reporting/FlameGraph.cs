using System.Net;
using System.Text;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>
/// Where the processor's time goes: a box for each method, over the one that called it, as wide as its share of the samples. Whose code it is
/// shows in the colour; the pointer over a box shows its whole name and its share.
/// </summary>
/// <param name="Name">What its file is called.</param>
/// <param name="Title">What it shows.</param>
internal sealed record FlameGraph(string Name, string Title) : Chart(Name, Title)
{
    private const int Width = 1200;
    private const int RowHeight = 15;
    private const int Top = 50;
    private const double CharacterWidth = 6.2;

    /// <summary>Boxes narrower than this are left out, in pixels.</summary>
    private const double LeastWidth = 2.5;

    private const int LegendWidth = 160;

    private readonly Frame _all = new("all");

    /// <summary>Adds a sample: what was running, the outermost call first.</summary>
    public void Add(IEnumerable<string> frames)
    {
        var at = _all;
        at.Samples++;
        foreach (var frame in frames)
        {
            if (!at.Calls.TryGetValue(frame, out var called))
            {
                at.Calls[frame] = called = new Frame(frame);
            }

            at = called;
            at.Samples++;
        }
    }

    /// <inheritdoc/>
    public override string ToSvg()
    {
        var height = Top + (RowHeight * Depth(_all));
        var svg = Begin(Width, height);
        Append(svg, $"""<text x="6" y="20" font-size="15" fill="#1f2328">{Title}</text>""");
        foreach (var (index, owner) in CodeOwner.All.Index())
        {
            Append(svg, $"""<rect x="{6 + (index * LegendWidth)}" y="27" width="10" height="10" fill="{owner.Color}"/><text x="{20 + (index * LegendWidth)}" y="36" font-size="11" fill="#59636e">{owner.Name}</text>""");
        }

        Draw(svg, _all, 0, height - RowHeight);
        return svg.AppendLine("</svg>").ToString();
    }

    private double WidthOf(Frame frame) => (double)Width * frame.Samples / _all.Samples;

    private IEnumerable<Frame> Shown(Frame frame) => frame.Calls.Values.Where(called => WidthOf(called) >= LeastWidth);

    private int Depth(Frame frame) => 1 + Shown(frame).Select(Depth).DefaultIfEmpty().Max();

    private void Draw(StringBuilder svg, Frame frame, double x, int y)
    {
        var width = WidthOf(frame);
        var letters = (int)((width - 4) / CharacterWidth);
        var label = string.Join('.', frame.Name.Split('.')[^Math.Min(2, frame.Name.Split('.').Length)..]);
        var text = letters < 3 ? "" : label.Length <= letters ? label : label[..(letters - 1)] + "…";
        Append(svg, $"""<g><title>{WebUtility.HtmlEncode(frame.Name)}: {100.0 * frame.Samples / _all.Samples:N1} %</title><rect x="{x:F1}" y="{y}" width="{width - 0.4:F1}" height="{RowHeight - 1}" fill="{ColorOf(frame.Name)}"/>""");
        Append(svg, $"""<text x="{x + 2:F1}" y="{y + 11}" font-size="11" fill="#1f2328">{WebUtility.HtmlEncode(text)}</text></g>""");
        foreach (var called in Shown(frame).OrderBy(called => called.Name, StringComparer.Ordinal))
        {
            Draw(svg, called, x, y - RowHeight);
            x += WidthOf(called);
        }
    }

    private static string ColorOf(string name) => CodeOwner.Of(name)?.Color ?? "#d8dee4";

    private sealed class Frame(string name)
    {
        public string Name => name;

        public int Samples { get; set; }

        public Dictionary<string, Frame> Calls { get; } = [];
    }
}

/// <summary>Whose code a method is.</summary>
/// <param name="Name">What a table calls it.</param>
/// <param name="Prefix">How the full names of its methods begin.</param>
/// <param name="Color">Its boxes' colour.</param>
internal sealed record CodeOwner(string Name, string Prefix, string Color)
{
    /// <summary>Those that are told apart.</summary>
    public static IReadOnlyList<CodeOwner> All { get; } =
    [
        new("the service's own code", "QuotaFunctions.", "#f2a65a"),
        new("the storage's SDK", "Azure.", "#8ecae6"),
        new("HTTP to storage", "System.Net.Http", "#b7d3f2"),
        new("Kestrel and ASP.NET Core", "Microsoft.AspNetCore.", "#a7d8a0"),
        new("JSON", "System.Text.Json", "#e5c1e8"),
    ];

    /// <summary>The owner of a method; null where it is none of them.</summary>
    public static CodeOwner? Of(string method) => All.FirstOrDefault(owner => method.StartsWith(owner.Prefix, StringComparison.Ordinal));
}
