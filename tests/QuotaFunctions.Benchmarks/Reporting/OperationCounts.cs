using System.Globalization;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>Storage operations by kind, and their tables in Markdown.</summary>
/// <param name="seconds">For how long they are counted.</param>
internal sealed class OperationCounts(double seconds)
{
    private readonly SortedDictionary<string, (double Calls, double Entities)> _kinds = new(StringComparer.Ordinal);

    /// <summary>Adds operations, where they count.</summary>
    public void Add(bool counts, string kind, double calls, double entities)
    {
        if (counts)
        {
            var before = _kinds.GetValueOrDefault(kind);
            _kinds[kind] = (before.Calls + calls, before.Entities + entities);
        }
    }

    /// <summary>The entities of some kinds.</summary>
    public double Entities(Func<string, bool> choose) => _kinds.Where(kind => choose(kind.Key)).Sum(kind => kind.Value.Entities);

    /// <summary>A row for each kind.</summary>
    public void Print()
    {
        foreach (var (kind, count) in _kinds)
        {
            Line($"| {kind} | {count.Calls / seconds:N0} | {count.Entities / seconds:N0} |");
        }
    }

    /// <summary>A row with entities a second, and how much of a target that is.</summary>
    public void PrintShare(string name, double entities, double target) =>
        Line($"| {name} | {entities / seconds:N0} | {100 * entities / seconds / target:N0} % |");

    /// <summary>Prints a line, in English.</summary>
    public static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
