using System.Globalization;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>A change of an alert.</summary>
/// <param name="After">The alert as it is then.</param>
/// <param name="Told">What there is to tell; null for nothing.</param>
internal sealed record AlertChange(Alert After, AlertEvent? Told);

/// <summary>How alerts come and go: the one place that decides. Each returns null where nothing changes, so that what is told twice does no harm.</summary>
internal static class AlertTransitions
{
    /// <summary>What a rule looks for is there.</summary>
    public static AlertChange? Hold(Alert? known, string rule, AlertCondition found, DateTimeOffset now)
    {
        if (known is null or { State: AlertState.Resolved, IsMuted: false })
        {
            return new AlertChange(Open(known, rule, found, now), AlertEvent.Opened);
        }

        if (known.State == AlertState.Resolved)
        {
            return null;
        }

        if (known.Severity == found.Severity && known.Value.Equals(found.Value) && IsSame(known.Data, found.Data))
        {
            return null;
        }

        var after = known with { Severity = found.Severity, Value = found.Value, Data = found.Data };
        return Changed(after, found.Severity > known.Severity && known.State == AlertState.Open ? AlertEvent.Raised : null, now);
    }

    /// <summary>What a rule looks for is not there any more.</summary>
    public static AlertChange? Release(Alert known, DateTimeOffset now) => known switch
    {
        { State: AlertState.Resolved, IsMuted: true } => Changed(known with { IsMuted = false }, told: null, now),
        { State: AlertState.Resolved } => null,
        _ => Changed(Resolved(known, now), AlertEvent.Resolved, now),
    };

    /// <summary>A key or a pool has used a part of its quota. What is told of the past is ignored.</summary>
    /// <param name="known">The alert.</param>
    /// <param name="standing">How the quota stands.</param>
    /// <param name="threshold">The highest threshold that is reached, in per cent; 0 for none.</param>
    /// <param name="now">The time.</param>
    public static AlertChange? Reach(Alert? known, QuotaStanding standing, int threshold, DateTimeOffset now)
    {
        if (known is null)
        {
            return threshold == 0 ? null : Opened();
        }

        if (standing.Version < known.Version)
        {
            return null;
        }

        if (standing.Period == known.Period)
        {
            // Refunds and corrections take some of it back: within a period each threshold is told once all the same
            return threshold <= known.Value ? null : known.State == AlertState.Resolved ? Opened() : Move(AlertEvent.Raised);
        }

        return (known.State, threshold) switch
        {
            (AlertState.Resolved, > 0) => Opened(),
            (AlertState.Resolved, 0) when !known.IsMuted => null,
            (_, 0) when Release(known, now) is { } released => released with { After = Standing(released.After) },
            _ => Move(threshold > known.Value ? AlertEvent.Raised : threshold < known.Value ? AlertEvent.Lowered : null),
        };

        AlertChange Opened() => new(
            Standing(Open(known, AlertRules.QuotaThreshold, new AlertCondition(standing.Subject, SeverityOf(threshold), threshold, QuotaThresholds.DataOf(standing)), now)),
            AlertEvent.Opened);

        AlertChange Move(AlertEvent? told) => Changed(
            Standing(known) with { Severity = SeverityOf(threshold) }, known.State == AlertState.Snoozed ? null : told, now);

        Alert Standing(Alert alert) =>
            alert with { Value = threshold, Period = standing.Period, Version = standing.Version, Data = QuotaThresholds.DataOf(standing) };
    }

    /// <summary>Nobody is to be told until a moment.</summary>
    public static AlertChange? Snooze(Alert known, DateTimeOffset until, DateTimeOffset now) => known.State == AlertState.Resolved
        ? null
        : Changed(known with { State = AlertState.Snoozed, SnoozedUntil = until }, told: null, now);

    /// <summary>The time may have come to tell of it again.</summary>
    public static AlertChange? Wake(Alert known, DateTimeOffset now) => known.State == AlertState.Snoozed && known.SnoozedUntil <= now
        ? Changed(known with { State = AlertState.Open, SnoozedUntil = null }, AlertEvent.Opened, now)
        : null;

    /// <summary>An admin says that it needs no attention.</summary>
    public static AlertChange? Resolve(Alert known, DateTimeOffset now) => known.State == AlertState.Resolved
        ? null
        : Changed(
            Resolved(known, now) with { IsMuted = true, Data = new SortedDictionary<string, string>(known.Data.ToDictionary(), StringComparer.Ordinal) { [ByAdmin] = "true" } },
            AlertEvent.Resolved,
            now);

    /// <summary>In <see cref="Alert.Data"/> where an admin has resolved it.</summary>
    public const string ByAdmin = "resolved_by_admin";

    /// <summary>How urgent a threshold is: who has used all is refused.</summary>
    private static AlertSeverity SeverityOf(int threshold) => threshold >= 100 ? AlertSeverity.Critical : AlertSeverity.Warning;

    private static Alert Open(Alert? known, string rule, AlertCondition found, DateTimeOffset now) => new()
    {
        Id = Alert.IdOf(rule, found.Subject),
        Rule = rule,
        Subject = found.Subject,
        Severity = found.Severity,
        State = AlertState.Open,
        Value = found.Value,
        Data = found.Data,
        OpenedAt = now,
        ChangedAt = now,
        NotifiedAt = now,
        Revision = (known?.Revision ?? 0) + 1,
    };

    private static Alert Resolved(Alert known, DateTimeOffset now) => known with { State = AlertState.Resolved, ResolvedAt = now, SnoozedUntil = null };

    private static AlertChange Changed(Alert after, AlertEvent? told, DateTimeOffset now) => new(
        after with { ChangedAt = now, Revision = after.Revision + 1, NotifiedAt = told is null ? after.NotifiedAt : now }, told);

    private static bool IsSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(item => other.GetValueOrDefault(item.Key) == item.Value);
}

/// <summary>Writes what the texts of alerts are made of.</summary>
internal static class AlertData
{
    /// <summary>Named values, in the order of their names; without those that are null.</summary>
    public static IReadOnlyDictionary<string, string> Of(params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var data = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            switch (value)
            {
                case null:
                    break;
                case DateTimeOffset moment:
                    data[name] = moment.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                    break;
                default:
                    data[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                    break;
            }
        }

        return data;
    }
}
