using System.Globalization;
using System.Text;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>A picture in a report, as an SVG that is read on light and dark pages.</summary>
/// <param name="Name">What its file is called.</param>
/// <param name="Title">What it shows.</param>
internal abstract record Chart(string Name, string Title)
{
    /// <summary>The whole picture.</summary>
    public abstract string ToSvg();

    /// <summary>Begins a picture: its frame, and its title in one line.</summary>
    protected StringBuilder Begin(int width, int height)
    {
        var svg = new StringBuilder();
        Append(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img" aria-label="{Title}">""");
        Append(svg, $"""<rect width="{width}" height="{height}" fill="#ffffff"/>""");
        return svg;
    }

    /// <summary>Adds a line, with numbers as SVG takes them.</summary>
    protected static void Append(StringBuilder svg, FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
