using System.Globalization;
using QuotaFunctions.Benchmarks.Loads;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>The table of a closer look, in Markdown, each line as soon as it is known. What counts is the ratio to the naive loop.</summary>
internal sealed class LoadTable
{
    private double? _naive;

    public LoadTable() => Print(
        """
        | what | clients | per second | x naive | p50 ms | p99 ms | remarks |
        | --- | ---: | ---: | ---: | ---: | ---: | --- |
        """);

    public void AddNaive(int clients, Measurement measurement)
    {
        _naive = measurement.PerSecond;
        Add("naive loop: read, If-Match, again on 412", clients, measurement);
    }

    public void Add(string what, int clients, Measurement measurement, string remarks = "")
    {
        var ratio = _naive is { } naive ? (measurement.PerSecond / naive).ToString("N0", CultureInfo.InvariantCulture) : "";
        if (measurement.Failed > 0)
        {
            remarks = string.Create(CultureInfo.InvariantCulture, $"{measurement.Failed} not so; {remarks}").TrimEnd(' ', ';');
        }

        Print(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {clients} | {measurement.PerSecond:N0} | {ratio} | {measurement.P50:N1} | {measurement.P99:N1} | {remarks} |"));
    }

    /// <summary>A line that is no load.</summary>
    public static void Note(string what, string remarks) => Print($"| {what} | | | | | | {remarks} |");

    private static void Print(string text) => Console.WriteLine(text);
}
