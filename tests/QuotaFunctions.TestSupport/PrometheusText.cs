using System.Globalization;

namespace QuotaFunctions.TestSupport;

/// <summary>What a scrape showed, for tests to look into.</summary>
/// <param name="text">Prometheus's text format.</param>
public sealed class PrometheusText(string text)
{
    private readonly string[] _lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The text.</summary>
    public string Text => text;

    /// <summary>The names of the families, each with its type.</summary>
    public IReadOnlyDictionary<string, string> Families => _lines
        .Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(static line => line.Split(' ')).ToDictionary(static parts => parts[2], static parts => parts[3]);

    /// <summary>The value of the only series of this name with these labels, and perhaps others; null where there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels)
    {
        var found = Series(name).Where(line => Array.TrueForAll(labels, label => line.Contains($"{label.Name}=\"{label.Value}\"", StringComparison.Ordinal))).ToList();
        return found.Count switch
        {
            0 => null,
            1 => double.Parse(found[0][(found[0].LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"{name} has {found.Count} such series: {string.Join('\n', found)}"),
        };
    }

    /// <summary>Every line of a series of this name.</summary>
    public IReadOnlyList<string> Series(string name) =>
        [.. _lines.Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')];

    /// <summary>What promtool says is wrong with it; empty where it is right.</summary>
    public async Task<string> CheckAsync()
    {
        await using var promtool = ChildProcess.Start(
            Repository.PathOf("scripts", "debian-program.sh"), ["prometheus", "promtool", "check", "metrics"], Repository.Root);
        await promtool.WriteInputAsync(text).ConfigureAwait(false);
        var code = await promtool.WaitForExitAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        return code == 0 ? "" : $"{code}: {promtool.Log}";
    }
}
