using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>A report to make.</summary>
internal sealed record NewReport
{
    /// <summary>The last whole day, week (from Monday) or month of the time zone; day without from.</summary>
    [AllowedValues("day", "week", "month")]
    [Example("month")]
    public string? Period { get; init; }

    /// <summary>The first day, in place of period.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The first day that is not wanted any more, at most 366 days later; without it up to now.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The time zone of its days, by its name in the IANA database.</summary>
    [DefaultValue("UTC")]
    [Example("Europe/Zurich")]
    public string? TimeZone { get; init; }

    /// <summary>Of the keys of one tenant only.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id.</summary>
    public string? Key { get; init; }

    /// <summary>The language; without it that of the setting REPORT_LANGUAGE.</summary>
    [AllowedValues("en", "zh")]
    public string? Language { get; init; }
}

/// <summary>How to show a report; all but format and language only for the current one.</summary>
internal sealed record ReportParameters
{
    /// <summary>The form.</summary>
    [AllowedValues("json", "text", "html", "csv")]
    public string? Format { get; init; }

    /// <summary>The language of text and html; without it the report's own.</summary>
    [AllowedValues("en", "zh")]
    public string? Language { get; init; }

    /// <summary>The last whole day, week (from Monday) or month of the time zone; day without from.</summary>
    [AllowedValues("day", "week", "month")]
    public string? Period { get; init; }

    /// <summary>The first day (2026-11-01), in place of period.</summary>
    public string? From { get; init; }

    /// <summary>The first day that is not wanted any more, at most 366 days later; without it up to now.</summary>
    public string? To { get; init; }

    /// <summary>The time zone of its days, by its name in the IANA database.</summary>
    [DefaultValue("UTC")]
    public string? TimeZone { get; init; }

    /// <summary>Of the keys of one tenant only.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id.</summary>
    public string? Key { get; init; }

    /// <summary>True leaves the list of keys out, which may be long; for json only.</summary>
    [DefaultValue(false)]
    public bool OmitKeys { get; init; }
}

/// <summary>Which reports to list.</summary>
internal sealed record ReportsQuery
{
    /// <summary>The most reports a page.</summary>
    [Range(1, 1000)]
    [DefaultValue(100)]
    public int Limit { get; init; }

    /// <summary>What next was in the answer before.</summary>
    public string? Cursor { get; init; }

    /// <summary>Those on one tenant's keys only.</summary>
    public string? Tenant { get; init; }

    /// <summary>With this status only.</summary>
    [AllowedValues("queued", "ready", "failed")]
    public string? Status { get; init; }
}
