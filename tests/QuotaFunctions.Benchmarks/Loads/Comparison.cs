using System.Globalization;
using QuotaFunctions.Benchmarks.Reporting;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>One of those that are compared under a load.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="MeasureAsync">Puts the load on it for a while: as much as it takes, or at a rate.</param>
/// <param name="SettleAsync">Waits until it has done what the load left behind.</param>
internal sealed record Subject(string Name, Func<TimeSpan, double?, Task<Measurement>> MeasureAsync, Func<Task>? SettleAsync = null)
{
    /// <summary>Whether it can be loaded at a rate.</summary>
    public bool HasRate { get; init; } = true;
}

/// <summary>Measures some under the same load, in turn: A B C, A B C. What else the machine does meanwhile hits all of them.</summary>
internal sealed class Comparison(RunPlan plan, string name, IReadOnlyList<Subject> subjects)
{
    private readonly Dictionary<string, List<Measurement>> _saturated = [];
    private readonly Dictionary<string, List<Measurement>> _steady = [];

    /// <summary>What the load is.</summary>
    public string Name => name;

    /// <summary>Their names.</summary>
    public IEnumerable<string> Subjects => subjects.Select(subject => subject.Name);

    /// <summary>Measures how much each takes, and what it does at half of that.</summary>
    public async Task RunAsync(bool withSteady = false)
    {
        await RunRoundsAsync(_saturated, subjects, static _ => null);
        if (withSteady)
        {
            await RunRoundsAsync(_steady, [.. subjects.Where(subject => subject.HasRate)], subject => Median(subject, measurement => measurement.PerSecond) / 2);
        }

        foreach (var subject in Subjects)
        {
            var failed = _saturated[subject].Sum(measurement => measurement.Failed);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {subject}: {Median(subject, it => it.PerSecond):N0} a second, p50 {Median(subject, it => it.P50):N2} ms, p99 {Median(subject, it => it.P99):N2} ms{(failed > 0 ? $", {failed} failed" : "")}"));
        }
    }

    /// <summary>The median of a figure at saturation.</summary>
    public double Median(string subject, Func<Measurement, double> figure) => Statistics.Median(_saturated[subject].Select(figure));

    /// <summary>The median of a figure at half of saturation; null where that was not measured.</summary>
    public double? SteadyMedian(string subject, Func<Measurement, double> figure) =>
        _steady.TryGetValue(subject, out var rounds) ? Statistics.Median(rounds.Select(figure)) : null;

    /// <summary>How many times as much one takes as another: the median of the rounds. Null where the other did nothing in one of them.</summary>
    public double? Ratio(string subject, string other) => _saturated[other].TrueForAll(static round => round.Succeeded > 0)
        ? Statistics.Median(_saturated[subject].Zip(_saturated[other], static (one, two) => one.PerSecond / two.PerSecond))
        : null;

    /// <summary>Adds a row for each: the load, who, and what it did, at saturation and at half of it.</summary>
    public void AddFigures(Table table)
    {
        foreach (var subject in Subjects)
        {
            table.Add(
                name, subject,
                Median(subject, it => it.PerSecond), Median(subject, it => it.P50), Median(subject, it => it.P99),
                SteadyMedian(subject, it => it.PerSecond), SteadyMedian(subject, it => it.P50), SteadyMedian(subject, it => it.P99));
        }
    }

    private async Task RunRoundsAsync(Dictionary<string, List<Measurement>> results, IReadOnlyList<Subject> measured, Func<string, double?> rate)
    {
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var subject in measured)
            {
                if (round == 0)
                {
                    results[subject.Name] = [];
                }

                var perSecond = rate(subject.Name);
                if (perSecond is not null)
                {
                    // Steady is what comes after the beginning: a stall in that would delay hundreds, which at saturation only those delays who have a request under way
                    await subject.MeasureAsync(plan.Duration / 2, perSecond);
                }

                results[subject.Name].Add(await subject.MeasureAsync(plan.Duration, perSecond));
                if (subject.SettleAsync is { } settle)
                {
                    await settle();
                }
            }
        }
    }
}

/// <summary>What many figures come to.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 != 0 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The median of ratios, of how many it is, and what the least and the most of them are.</summary>
    /// <param name="ratios">The ratios.</param>
    /// <param name="of">What each of them is of, in the plural.</param>
    public static string Describe(IReadOnlyCollection<double> ratios, string of) => string.Create(
        CultureInfo.InvariantCulture, $"{Median(ratios):N3} (median of {ratios.Count} {of}, {ratios.Min():N2} to {ratios.Max():N2})");
}
