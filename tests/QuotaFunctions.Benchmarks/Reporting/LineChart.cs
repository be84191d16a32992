using System.Globalization;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>Lines over logarithmic axes.</summary>
/// <param name="Name">What its file is called.</param>
/// <param name="Title">What it shows.</param>
/// <param name="XAxis">What grows.</param>
/// <param name="YAxis">What is measured.</param>
internal sealed record LineChart(string Name, string Title, string XAxis, string YAxis) : Chart(Name, Title)
{
    private const double Left = 70;
    private const double Right = 620;
    private const double Top = 50;
    private const double Bottom = 290;
    private static readonly string[] Colors = ["#0969da", "#bf5700", "#1a7f37"];

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];

    public void Add(string name, IReadOnlyList<(double X, double Y)> points) => _lines.Add((name, points));

    /// <inheritdoc/>
    public override string ToSvg()
    {
        var points = _lines.SelectMany(line => line.Points).ToList();
        var x = new Axis(points.Select(point => point.X), Left, Right);
        var y = new Axis(points.Select(point => point.Y), Bottom, Top);
        var svg = Begin(640, 340);
        Append(svg, $"""<text x="{Left}" y="22" font-size="15" fill="#1f2328">{Title}</text>""");
        foreach (var tick in x.Ticks)
        {
            Append(svg, $"""<path d="M{x.At(tick):F1} {Top}V{Bottom}" stroke="#d8dee4"/><text x="{x.At(tick):F1}" y="{Bottom + 17}" text-anchor="middle" fill="#59636e">{tick:N0}</text>""");
        }

        foreach (var tick in y.Ticks)
        {
            Append(svg, $"""<path d="M{Left} {y.At(tick):F1}H{Right}" stroke="#d8dee4"/><text x="{Left - 7}" y="{y.At(tick) + 4:F1}" text-anchor="end" fill="#59636e">{tick:N0}</text>""");
        }

        Append(svg, $"""<text x="{(Left + Right) / 2}" y="{Bottom + 37}" text-anchor="middle" fill="#59636e">{XAxis}</text>""");
        Append(svg, $"""<text x="{Right}" y="22" text-anchor="end" fill="#59636e">{YAxis}</text>""");
        for (var index = 0; index < _lines.Count; index++)
        {
            var (name, line) = _lines[index];
            var color = Colors[index % Colors.Length];
            var path = string.Join(' ', line.Select(point => string.Create(CultureInfo.InvariantCulture, $"{x.At(point.X):F1},{y.At(point.Y):F1}")));
            Append(svg, $"""<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>""");
            foreach (var point in line)
            {
                Append(svg, $"""<circle cx="{x.At(point.X):F1}" cy="{y.At(point.Y):F1}" r="3" fill="{color}"/>""");
            }

            Append(svg, $"""<text x="{Left + 10}" y="{Top - 8 + (16 * (index + 1))}" fill="{color}">{name}</text>""");
        }

        return svg.AppendLine("</svg>").ToString();
    }

    /// <summary>From the power of ten below the least value to the one above the greatest, two of them at least.</summary>
    private sealed class Axis
    {
        private readonly double _first;
        private readonly double _last;
        private readonly double _from;
        private readonly double _to;

        public Axis(IEnumerable<double> values, double from, double to)
        {
            var logarithms = values.Select(value => Math.Log10(Math.Max(1, value))).ToList();
            _first = Math.Floor(logarithms.Min());
            _last = Math.Max(_first + 1, Math.Ceiling(logarithms.Max()));
            _from = from;
            _to = to;
        }

        public IEnumerable<double> Ticks => Enumerable.Range((int)_first, (int)(_last - _first) + 1).Select(power => Math.Pow(10, power));

        public double At(double value) => _from + ((Math.Log10(Math.Max(1, value)) - _first) / (_last - _first) * (_to - _from));
    }
}
