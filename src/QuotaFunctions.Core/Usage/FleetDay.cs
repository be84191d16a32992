using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>A day (UTC) over all keys.</summary>
/// <param name="Day">The day, as yyyyMMdd.</param>
/// <param name="Sum">What was counted.</param>
/// <param name="Units">Units, by what they stand for.</param>
public sealed record FleetDay(int Day, UsageSum Sum, IReadOnlyDictionary<QuotaUnit, long> Units)
{
    /// <summary>Of <see cref="Sum"/>, the units of keys that do not count in requests: by what they count in, with their provider and model.</summary>
    public IReadOnlyDictionary<QuotaUnit, UsageSum> OtherCosts { get; init; } = new Dictionary<QuotaUnit, UsageSum>();

    /// <summary>The units by what they stand for, with their provider and model. Only the units of it are right.</summary>
    public IEnumerable<(QuotaUnit Unit, UsageSum Costs)> CostsByUnit()
    {
        var requests = Sum.Clone();
        foreach (var (unit, costs) in OtherCosts)
        {
            requests.Add(costs, sign: -1);
            yield return (unit, costs);
        }

        yield return (QuotaUnit.Requests, requests);
    }

    /// <summary>
    /// What was counted on the day and taken back later, as a hold was settled or the end of a request told: outcomes of all providers together, and
    /// tokens by provider and model. With it added, no count of the day ever goes back.
    /// </summary>
    public UsageSum Withdrawn { get; init; } = new();

    /// <summary>Units that were counted and taken back later.</summary>
    public IReadOnlyDictionary<QuotaUnit, long> WithdrawnUnits { get; init; } = new Dictionary<QuotaUnit, long>();

    /// <summary>This day, with what was taken back since an earlier state of it.</summary>
    public FleetDay After(FleetDay earlier)
    {
        var withdrawn = earlier.Withdrawn.Clone();
        foreach (var (outcome, requests) in earlier.Sum.Total.FewerIn(Sum.Total))
        {
            withdrawn.Of(provider: null, model: null).Add(outcome, requests);
        }

        foreach (var (provider, model, before) in earlier.Sum.Cells)
        {
            var now = Sum.Cells.FirstOrDefault(cell => cell.Provider == provider && cell.Model == model)?.Counts ?? new UsageCounts();
            if (before.TokensIn > now.TokensIn || before.TokensOut > now.TokensOut)
            {
                var tokens = withdrawn.Of(provider, model);
                tokens.TokensIn += Math.Max(0, before.TokensIn - now.TokensIn);
                tokens.TokensOut += Math.Max(0, before.TokensOut - now.TokensOut);
            }
        }

        var units = Enum.GetValues<QuotaUnit>()
            .Select(unit => (Unit: unit, Withdrawn: earlier.WithdrawnUnits.GetValueOrDefault(unit) + Math.Max(0, earlier.Units.GetValueOrDefault(unit) - Units.GetValueOrDefault(unit))))
            .Where(unit => unit.Withdrawn > 0);
        return this with { Withdrawn = withdrawn, WithdrawnUnits = units.ToDictionary(unit => unit.Unit, unit => unit.Withdrawn) };
    }
}
