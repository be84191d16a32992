using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>The service's usage as a whole, from what is stored of it.</summary>
internal sealed class StoredFleetFigures(IUsageReader usage, IBookInspector inspector, IAlerts alerts) : IFleetFigures
{
    /// <inheritdoc/>
    public async Task<FleetFigures> ReadAsync(CancellationToken cancellationToken)
    {
        var fleet = await usage.ReadFleetAsync(cancellationToken);
        var (sum, withdrawn) = (new UsageSum(), new UsageSum());
        fleet.Days.ToList().ForEach(day =>
        {
            sum.Add(day.Sum);
            withdrawn.Add(day.Withdrawn);
        });
        var total = sum.Total;
        sum.Add(withdrawn);
        return new FleetFigures
        {
            Requests = total.Outcomes,
            RequestsWithdrawn = withdrawn.Total.Outcomes,
            Succeeded = total.Succeeded,
            Refused = fleet.Refused,
            Units = SumOf(fleet.Days, day => day.Units),
            UnitsWithdrawn = SumOf(fleet.Days, day => day.WithdrawnUnits),
            Tokens = [.. sum.Cells.Where(cell => cell.Provider is not null).Select(cell => new TokenFigures(
                cell.Provider!, cell.Model ?? "", cell.Counts.TokensIn, cell.Counts.TokensOut))],
            ActiveKeys = fleet.ActiveKeys,
            NearestToEnd = [.. fleet.NearestToEnd.Select(key => new KeyFigures(
                key.KeyId, NameOf(key.Unit), QuotaAmount.Of(key.Limit, key.Unit), QuotaAmount.Of(key.Remaining, key.Unit)))],
            OpenAlerts = [.. (await alerts.CountOpenAsync(cancellationToken)).Select(open => new AlertFigures(open.Rule, open.Severity.ToString().ToLowerInvariant(), open.Count))],
            LedgerImbalance = await inspector.ReadImbalanceAsync(cancellationToken),
        };
    }

    private static Dictionary<string, decimal> SumOf(IReadOnlyList<FleetDay> days, Func<FleetDay, IReadOnlyDictionary<QuotaUnit, long>> units) =>
        days.SelectMany(units).GroupBy(unit => unit.Key).ToDictionary(unit => NameOf(unit.Key), unit => unit.Sum(amount => QuotaAmount.Of(amount.Value, unit.Key)));

    private static string NameOf(QuotaUnit unit) => unit.ToString().ToLowerInvariant();
}
