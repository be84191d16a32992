using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>A subscription to make.</summary>
internal sealed record NewSubscription
{
    /// <summary>What people call it.</summary>
    [StringLength(SubscriptionReader.MaxNameLength, MinimumLength = 1)]
    [Example("The team's week")]
    public required string Name { get; init; }

    /// <summary>Who gets the report: 1 to 20 mail addresses, each a mail of their own.</summary>
    [MaxLength(SubscriptionReader.MaxRecipients)]
    [Example("ops@example.com")]
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public string? Key { get; init; }

    /// <summary>The last whole day, week (from Monday) or month of the time zone.</summary>
    [AllowedValues("day", "week", "month")]
    [DefaultValue("day")]
    [Example("week")]
    [DisallowNull]
    public string? Period { get; init; }

    /// <summary>When it is sent: a crontab expression with seconds, in the time zone, taken to the quarter of an hour.</summary>
    [StringLength(SubscriptionReader.MaxScheduleLength)]
    [DefaultValue(SubscriptionSettings.DefaultSchedule)]
    [Example("0 0 7 * * 1")]
    [DisallowNull]
    public string? Schedule { get; init; }

    /// <summary>The time zone, by its name in the IANA database.</summary>
    [DefaultValue("UTC")]
    [Example("Europe/Zurich")]
    [DisallowNull]
    public string? TimeZone { get; init; }

    /// <summary>The language; without it that of the setting REPORT_LANGUAGE.</summary>
    [AllowedValues("en", "zh")]
    [DisallowNull]
    public string? Language { get; init; }
}

/// <summary>What to change of a subscription. What is absent stays.</summary>
internal sealed record SubscriptionChange
{
    /// <summary>What people call it.</summary>
    [StringLength(SubscriptionReader.MaxNameLength, MinimumLength = 1)]
    [DisallowNull]
    public string? Name { get; init; }

    /// <summary>Who gets the report: 1 to 20 mail addresses.</summary>
    [MaxLength(SubscriptionReader.MaxRecipients)]
    [DisallowNull]
    public IReadOnlyList<string>? Recipients { get; init; }

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public string? Key { get; init; }

    /// <summary>The last whole day, week (from Monday) or month of the time zone.</summary>
    [AllowedValues("day", "week", "month")]
    [DisallowNull]
    public string? Period { get; init; }

    /// <summary>When it is sent: a crontab expression with seconds, in the time zone, taken to the quarter of an hour.</summary>
    [StringLength(SubscriptionReader.MaxScheduleLength)]
    [DisallowNull]
    public string? Schedule { get; init; }

    /// <summary>The time zone, by its name in the IANA database.</summary>
    [DisallowNull]
    public string? TimeZone { get; init; }

    /// <summary>The language.</summary>
    [AllowedValues("en", "zh")]
    [DisallowNull]
    public string? Language { get; init; }

    /// <summary>Whether its reports are sent. What falls into a pause is not made up for.</summary>
    [AllowedValues("active", "paused")]
    [Example("paused")]
    [DisallowNull]
    public string? Status { get; init; }
}

/// <summary>To whom a trial goes.</summary>
internal sealed record TestRequest
{
    /// <summary>One mail address; without it the subscription's recipients.</summary>
    [Example("me@example.com")]
    public string? Recipient { get; init; }
}
