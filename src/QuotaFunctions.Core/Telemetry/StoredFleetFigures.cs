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
        var sum = new UsageSum();
        var units = new Dictionary<string, decimal>();
        foreach (var day in fleet.Days)
        {
            sum.Add(day.Sum);
            foreach (var (unit, amount) in day.Units)
            {
                units[NameOf(unit)] = units.GetValueOrDefault(NameOf(unit)) + amount;
            }
        }

        var total = sum.Total;
        return new FleetFigures
        {
            Requests = total.Outcomes,
            Succeeded = total.Succeeded,
            Units = units,
            Tokens = [.. sum.Cells.Where(cell => cell.Provider is not null).Select(cell => new TokenFigures(
                cell.Provider!, cell.Model ?? "", cell.Counts.TokensIn, cell.Counts.TokensOut))],
            ActiveKeys = fleet.ActiveKeys,
            NearestToEnd = [.. fleet.NearestToEnd.Select(key => new KeyFigures(key.KeyId, NameOf(key.Unit), key.Limit, key.Remaining))],
            OpenAlerts = [.. (await alerts.CountOpenAsync(cancellationToken)).Select(open => new AlertFigures(open.Rule, open.Severity.ToString().ToLowerInvariant(), open.Count))],
            LedgerImbalance = await inspector.ReadImbalanceAsync(cancellationToken),
        };
    }

    private static string NameOf(QuotaUnit unit) => unit.ToString().ToLowerInvariant();
}
