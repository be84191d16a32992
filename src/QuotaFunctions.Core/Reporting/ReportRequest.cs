using System.Text.Json.Serialization;
using NodaTime;

namespace QuotaFunctions.Core.Reporting;

/// <summary>What to report on.</summary>
public sealed record ReportRequest
{
    /// <summary>The longest period, in days: it and the one before are within what usage is read of.</summary>
    public const int MaxDays = 366;

    /// <summary>Which period; for <see cref="ReportPeriodKind.Days"/> from <see cref="From"/> to <see cref="To"/>.</summary>
    public ReportPeriodKind Period { get; init; } = ReportPeriodKind.Day;

    /// <summary>The first day.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The first day that is not in it any more; at most tomorrow.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The time zone of its days, by its name in the IANA database.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public string? Key { get; init; }

    /// <summary>The language.</summary>
    public ReportLanguage Language { get; init; }

    /// <summary>Whether the list of the keys is left out. Not of a report that is kept: its other forms are made of the list.</summary>
    [JsonIgnore]
    public bool OmitKeys { get; init; }

    /// <summary>The moment that the last whole day, week or month is before; null for when the report is made.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>The time zone.</summary>
    [JsonIgnore]
    public DateTimeZone Zone => DateTimeZoneProviders.Tzdb[TimeZone];
}

/// <summary>Which period a report is on.</summary>
[JsonConverter(typeof(WordConverter<ReportPeriodKind>))]
public enum ReportPeriodKind
{
    /// <summary>The last whole day before now.</summary>
    Day,

    /// <summary>The last whole week before now, from Monday to Sunday.</summary>
    Week,

    /// <summary>The last whole month before now.</summary>
    Month,

    /// <summary>Between two days.</summary>
    Days,
}

/// <summary>The language of a report.</summary>
[JsonConverter(typeof(WordConverter<ReportLanguage>))]
public enum ReportLanguage
{
    /// <summary>English.</summary>
    En,

    /// <summary>Chinese, simplified.</summary>
    Zh,
}
