using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Which alerts to list.</summary>
/// <param name="State">How they stand; null for all.</param>
/// <param name="Limit">The most a page, 1 to 1000.</param>
/// <param name="Cursor">What next was on the page before; null for the first.</param>
public sealed record AlertQuery(AlertState? State, int Limit, string? Cursor);

/// <summary>A page of alerts.</summary>
/// <param name="Alerts">The page: those that are not over come first, each time the newest first.</param>
/// <param name="Next">Where the next page goes on; null on the last.</param>
public sealed record AlertPage(IReadOnlyList<Alert> Alerts, string? Next);

/// <summary>How many alerts are open of a rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Severity">How urgent they are.</param>
/// <param name="Count">How many.</param>
public sealed record OpenAlerts(string Rule, AlertSeverity Severity, int Count);

/// <summary>Who is told of alerts.</summary>
/// <param name="Recipients">How many addresses of mail.</param>
/// <param name="Webhooks">The hosts of the webhooks, in the order of the setting.</param>
public sealed record AlertTargets(int Recipients, IReadOnlyList<string> Webhooks);

/// <summary>What needs attention.</summary>
public interface IAlerts
{
    /// <summary>Lists alerts. It looks at a bounded number of them, so a page may be short and go on all the same.</summary>
    Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken);

    /// <summary>How many alerts are open; of those that are snoozed none.</summary>
    Task<IReadOnlyList<OpenAlerts>> CountOpenAsync(CancellationToken cancellationToken);

    /// <summary>Has nobody told of an alert for a while. The alert as it is then, one that is resolved as it was; null where there is none of this id.</summary>
    Task<Alert?> SnoozeAsync(string id, TimeSpan time, CancellationToken cancellationToken);

    /// <summary>
    /// Resolves an alert, though what it tells of may not be over: it opens again only once that was over, of a threshold with the next
    /// one or what is granted next. Null where there is none of this id.
    /// </summary>
    Task<Alert?> ResolveAsync(string id, CancellationToken cancellationToken);

    /// <summary>What an alert says, in the language of the settings.</summary>
    string TextOf(Alert alert);

    /// <summary>Tells everybody who is told of alerts that this is a test.</summary>
    Task<AlertTargets> TestAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="IAlerts"/>
internal sealed class Alerts(AlertTable table, AlertBook book, AlertOutbox outbox, IOptions<AlertOptions> options, TimeProvider clock) : IAlerts
{
    /// <summary>The most rows that one reading looks at.</summary>
    public const int MaxRowsRead = 2000;

    /// <inheritdoc/>
    public async Task<AlertPage> ListAsync(AlertQuery query, CancellationToken cancellationToken)
    {
        var alerts = new List<Alert>();
        var read = 0;
        string? last = null;
        var (wantsLive, wantsPast) = (query.State is not AlertState.Resolved, query.State is null or AlertState.Resolved);
        await foreach (var (place, alert) in table.ReadListAsync(wantsLive, wantsPast, query.Cursor, query.Limit + 1, cancellationToken))
        {
            if (alerts.Count == query.Limit || read == MaxRowsRead)
            {
                return new AlertPage(alerts, last);
            }

            read++;
            last = place;

            // One that an admin has resolved stands among those that are not over until it is, and among those that are
            var isCopy = alert.State == AlertState.Resolved && place.StartsWith("live", StringComparison.Ordinal);
            if (!isCopy && (query.State is null || alert.State == query.State))
            {
                alerts.Add(alert);
            }
        }

        return new AlertPage(alerts, Next: null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OpenAlerts>> CountOpenAsync(CancellationToken cancellationToken) =>
        [.. (await table.ReadLiveAsync(cancellationToken)).Where(alert => alert.State == AlertState.Open)
            .GroupBy(alert => (alert.Rule, alert.Severity)).Select(group => new OpenAlerts(group.Key.Rule, group.Key.Severity, group.Count()))];

    /// <inheritdoc/>
    public Task<Alert?> SnoozeAsync(string id, TimeSpan time, CancellationToken cancellationToken) => book.SnoozeAsync(id, time, cancellationToken);

    /// <inheritdoc/>
    public Task<Alert?> ResolveAsync(string id, CancellationToken cancellationToken) => book.ResolveAsync(id, cancellationToken);

    /// <inheritdoc/>
    public string TextOf(Alert alert) =>
        new AlertTexts(options.Value.Language).Line(new AlertNotice(alert.State == AlertState.Resolved ? AlertEvent.Resolved : AlertEvent.Opened, alert));

    /// <inheritdoc/>
    public async Task<AlertTargets> TestAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var targets = new AlertTargets(options.Value.Recipients.Count, [.. options.Value.Webhooks.Select(webhook => webhook.ToString())]);
        if (targets is not { Recipients: 0, Webhooks: [] })
        {
            var test = new Alert
            {
                Id = Alert.IdOf(AlertRules.Test, Guid.NewGuid().ToString()),
                Rule = AlertRules.Test,
                Subject = AlertRules.Service,
                Severity = AlertSeverity.Warning,
                State = AlertState.Resolved,
                Value = 0,
                Data = AlertData.Of(),
                OpenedAt = now,
                ChangedAt = now,
            };
            await outbox.TellNowAsync(new AlertNotice(AlertEvent.Test, test), cancellationToken);
        }

        return targets;
    }
}
