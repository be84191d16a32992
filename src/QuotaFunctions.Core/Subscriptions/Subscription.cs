using NodaTime;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Who gets which report, and when.</summary>
public sealed record Subscription
{
    /// <summary>The id of the subscription that the settings make: <c>REPORT_SCHEDULE</c>, <c>REPORT_RECIPIENTS</c>, <c>REPORT_LANGUAGE</c>.</summary>
    public const string DefaultId = "default";

    /// <summary>What the ids of the others begin with.</summary>
    public const string IdPrefix = "sub_";

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What was set of it.</summary>
    public required SubscriptionSettings Settings { get; init; }

    /// <summary>Whether reports are sent.</summary>
    public SubscriptionStatus Status { get; init; }

    /// <summary>When it was made; for the default one, when the service saw it first.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when it is as it is: made, resumed, or with this schedule. A period that was over before is not reported on.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When a report was asked for last; null for never.</summary>
    public DateTimeOffset? LastRunAt { get; init; }

    /// <summary>The days that the last report is on, the first and the last, such as <c>2026-11-23/2026-11-29</c>; null before the first one.</summary>
    public string? LastPeriod { get; init; }

    /// <summary>When the last report went to the outbox; null for never.</summary>
    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>True for the one of the settings.</summary>
    public bool IsDefault => Id == DefaultId;

    /// <summary>When the schedule comes next; null where it is paused, or for never. A week's or a month's report is sent by the first time after its end.</summary>
    /// <param name="now">Now.</param>
    public DateTimeOffset? NextAt(DateTimeOffset now) => Status == SubscriptionStatus.Paused
        ? null
        : ReportSchedule.NextAfter(Settings.Schedule, DateTimeZoneProviders.Tzdb[Settings.TimeZone], now);

    /// <summary>As it is once its settings or its status are changed.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="status">The status.</param>
    /// <param name="now">Now: another schedule, and one that is resumed, begins with it.</param>
    public Subscription With(SubscriptionSettings settings, SubscriptionStatus status, DateTimeOffset now)
    {
        var isResumed = status == SubscriptionStatus.Active && Status == SubscriptionStatus.Paused;
        var hasOtherTimes = (settings.Schedule, settings.TimeZone, settings.Period) != (Settings.Schedule, Settings.TimeZone, Settings.Period);
        return this with { Settings = settings, Status = status, Since = isResumed || hasOtherTimes ? now : Since };
    }
}

/// <summary>What is set of a subscription.</summary>
public sealed record SubscriptionSettings
{
    /// <summary>Each day at midnight.</summary>
    public const string DefaultSchedule = "0 0 0 * * *";

    /// <summary>What people call it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Who gets the report, each a mail of their own.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public string? Key { get; init; }

    /// <summary>The period: the last whole day, week or month.</summary>
    public ReportPeriodKind Period { get; init; }

    /// <summary>When reports are sent, as a crontab expression with seconds, in <see cref="TimeZone"/>. Taken to the quarter of an hour.</summary>
    public string Schedule { get; init; } = DefaultSchedule;

    /// <summary>The time zone of the days and of the schedule, by its name in the IANA database.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The language.</summary>
    public ReportLanguage Language { get; init; }
}

/// <summary>Whether a subscription's reports are sent.</summary>
public enum SubscriptionStatus
{
    /// <summary>They are.</summary>
    Active,

    /// <summary>They are not. What falls into the pause is not made up for.</summary>
    Paused,
}
