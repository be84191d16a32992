using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>Who gets which report, and when.</summary>
internal sealed record SubscriptionResponse
{
    /// <summary>Its id; default for the one of the settings, which is changed there.</summary>
    [Example("sub_9pQe2LkVb7RtYw4Hs0Nc")]
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    [Example("The team's week")]
    public required string Name { get; init; }

    /// <summary>Whether its reports are sent.</summary>
    [AllowedValues("active", "paused")]
    public required string Status { get; init; }

    /// <summary>Who gets the report, each a mail of their own.</summary>
    [Example("ops@example.com")]
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    [Example("acme")]
    public required string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public required string? Key { get; init; }

    /// <summary>The last whole day, week or month.</summary>
    [AllowedValues("day", "week", "month")]
    public required string Period { get; init; }

    /// <summary>When it is sent, a crontab expression with seconds.</summary>
    [Example("0 0 7 * * 1")]
    public required string Schedule { get; init; }

    /// <summary>The time zone of the schedule and of the report's days.</summary>
    [Example("Europe/Zurich")]
    public required string TimeZone { get; init; }

    /// <summary>Its language.</summary>
    [AllowedValues("en", "zh")]
    public required string Language { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the schedule comes next; null where it is paused, or for never.</summary>
    public required DateTimeOffset? NextAt { get; init; }

    /// <summary>The first and the last day of the last report; null before the first.</summary>
    [Example("2026-11-23/2026-11-29")]
    public required string? LastPeriod { get; init; }

    /// <summary>When the last report went to the outbox; null for never.</summary>
    public required DateTimeOffset? LastSentAt { get; init; }

    public static SubscriptionResponse Of(Subscription subscription, DateTimeOffset now) => new()
    {
        Id = subscription.Id,
        Name = subscription.Settings.Name,
        Status = EnumNames.Of(subscription.Status),
        Recipients = subscription.Settings.Recipients,
        Tenant = subscription.Settings.Tenant,
        Key = subscription.Settings.Key,
        Period = EnumNames.Of(subscription.Settings.Period),
        Schedule = subscription.Settings.Schedule,
        TimeZone = subscription.Settings.TimeZone,
        Language = EnumNames.Of(subscription.Settings.Language),
        CreatedAt = subscription.CreatedAt,
        NextAt = subscription.NextAt(now),
        LastPeriod = subscription.LastPeriod,
        LastSentAt = subscription.LastSentAt,
    };
}

/// <summary>All subscriptions.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Subscriptions">The subscriptions, that of the settings first, then by name.</param>
internal sealed record SubscriptionsResponse([property: Example(1)] int Total, IReadOnlyList<SubscriptionResponse> Subscriptions);

/// <summary>A report that was asked for to be sent.</summary>
/// <param name="Report">The report's id: it is at …/reports/{report} once it is made.</param>
internal sealed record TestReportResponse([property: Example("2516000000000000000-0198c0de00007000800000000000cafe")] string Report);
