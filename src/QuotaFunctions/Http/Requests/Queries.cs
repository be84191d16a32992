using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Functions.Admin;

namespace QuotaFunctions.Http.Requests;

/// <summary>Which keys to list.</summary>
internal sealed record KeysQuery
{
    /// <summary>The most keys a page.</summary>
    [Range(1, 1000)]
    [DefaultValue(100)]
    public int Limit { get; init; }

    /// <summary>What next was in the answer before, which had the same sort.</summary>
    public string? Cursor { get; init; }

    /// <summary>Part of the name, in any letter case.</summary>
    public string? Name { get; init; }

    /// <summary>The tenant, to the letter.</summary>
    public string? Tenant { get; init; }

    /// <summary>Without it all but the revoked.</summary>
    [AllowedValues("active", "disabled", "expired", "revoked")]
    public string? Status { get; init; }

    /// <summary>
    /// By what they are sorted: name from A to Z, used by the largest part of the quota, remaining by the least, last_used and created by the
    /// latest. Used, remaining and last_used go by copies up to a minute old. Without it an order that no new key changes.
    /// </summary>
    [AllowedValues("name", "used", "remaining", "last_used", "created")]
    public string? Sort { get; init; }
}

/// <summary>Which rows of the log to show.</summary>
internal record LogsQuery
{
    /// <summary>Not together with cursor.</summary>
    [Range(1, LogRequest.MaxPage)]
    [DefaultValue(1)]
    public int Page { get; init; }

    /// <summary>The most rows a page.</summary>
    [Range(1, 1000)]
    [DefaultValue(100)]
    public int PageSize { get; init; }

    /// <summary>What next was in the answer before.</summary>
    public string? Cursor { get; init; }

    /// <summary>The earliest moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is not wanted any more.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>How it ended.</summary>
    [RegularExpression("^[a-z_]{1,32}$")]
    public string? Outcome { get; init; }

    /// <summary>Of one provider only.</summary>
    public string? Provider { get; init; }

    /// <summary>Of one model only.</summary>
    public string? Model { get; init; }

    /// <summary>How to answer; csv and ndjson have all rows, without page, page_size and cursor.</summary>
    [AllowedValues("json", "csv", "ndjson")]
    public string? Format { get; init; }
}

/// <summary>Which rows of the log of all keys to show.</summary>
internal sealed record AllLogsQuery : LogsQuery
{
    /// <summary>Of the keys and pools of one tenant only.</summary>
    public string? Tenant { get; init; }
}

/// <summary>How to add a key's books up.</summary>
internal sealed record VerifyQuery
{
    /// <summary>True to add up every row of the log, which takes the longer the more there are; else the sums of its days.</summary>
    [DefaultValue(false)]
    public bool Deep { get; init; }
}

/// <summary>How to import.</summary>
internal sealed record ImportQuery
{
    /// <summary>True only says what would be done.</summary>
    [DefaultValue(false)]
    public bool DryRun { get; init; }
}

/// <summary>Which of a key's usage to show its holder.</summary>
internal record OwnUsageParameters
{
    /// <summary>The earliest moment, or the first day (2026-11-01); without it all that was ever used.</summary>
    public string? From { get; init; }

    /// <summary>The first moment that is not wanted any more, or the first such day; without it up to now.</summary>
    public string? To { get; init; }

    /// <summary>The time zone of days and hours, by its name in the IANA database.</summary>
    [DefaultValue("UTC")]
    public string? TimeZone { get; init; }

    /// <summary>Into which spans of time to split it; needs from.</summary>
    [AllowedValues("none", "hour", "day")]
    public string? Granularity { get; init; }

    /// <summary>By what to group it.</summary>
    [AllowedValues("key", "provider", "model")]
    public virtual string? GroupBy { get; init; }

    /// <summary>Of one provider only.</summary>
    public string? Provider { get; init; }

    /// <summary>Of one model only.</summary>
    public string? Model { get; init; }

    /// <summary>The most items a page.</summary>
    [Range(1, 10_000)]
    [DefaultValue(1000)]
    public int Limit { get; init; }

    /// <summary>What next was in the answer before.</summary>
    [Range(0, int.MaxValue)]
    public int Cursor { get; init; }

    /// <summary>How to answer.</summary>
    [AllowedValues("json", "csv")]
    public string? Format { get; init; }
}

/// <summary>Which usage to show.</summary>
internal sealed record UsageParameters : OwnUsageParameters
{
    /// <summary>Of one key only, by its id.</summary>
    public string? Key { get; init; }

    /// <summary>Of the keys of one tenant only.</summary>
    public string? Tenant { get; init; }

    /// <inheritdoc/>
    [AllowedValues("key", "tenant", "provider", "model")]
    public override string? GroupBy { get; init; }
}

/// <summary>Which alerts to show.</summary>
internal sealed record AlertsQuery
{
    /// <summary>How they stand.</summary>
    [AllowedValues("open", "snoozed", "resolved", "all")]
    [DefaultValue("open")]
    public string? Status { get; init; }

    /// <summary>The most alerts a page.</summary>
    [Range(1, ListAlerts.MaxLimit)]
    [DefaultValue(100)]
    public int Limit { get; init; }

    /// <summary>What next was in the answer before.</summary>
    public string? Cursor { get; init; }
}

/// <summary>Which actions of admins to show.</summary>
internal sealed record AdminActionsQuery
{
    /// <summary>The most actions a page.</summary>
    [Range(1, GetAdminAudit.MaxLimit)]
    [DefaultValue(100)]
    public int Limit { get; init; }

    /// <summary>What next was in the answer before.</summary>
    public string? Cursor { get; init; }

    /// <summary>The name of the token, to the letter.</summary>
    public string? Actor { get; init; }

    /// <summary>What it was done to, such as a key's id, to the letter.</summary>
    public string? Target { get; init; }

    /// <summary>The earliest moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is not wanted any more.</summary>
    public DateTimeOffset? To { get; init; }
}
