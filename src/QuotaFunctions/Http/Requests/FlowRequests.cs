using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>A key to issue, in the words of the earlier token service.</summary>
internal sealed record NewFlowToken
{
    /// <summary>The workspace: the key's tenant, and its name.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("acme")]
    public required string WsId { get; init; }

    /// <summary>The address of the key's holder.</summary>
    [EmailAddress]
    [MaxLength(KeySettingsValidator.MaxEmailLength)]
    [Example("ada@example.com")]
    public string? Email { get; init; }

    /// <summary>add: it expires after days. set: at the end of specific_date. unlimited: never.</summary>
    [EnumDataType(typeof(FlowFields.Operation))]
    [DefaultValue("unlimited")]
    [Example("add")]
    [DisallowNull]
    public string? Operation { get; init; }

    /// <summary>For add.</summary>
    [Range(1, FlowFields.MaxDays)]
    [Example(30)]
    public long Days { get; init; }

    /// <summary>For set: a date, in UTC.</summary>
    public string? SpecificDate { get; init; }

    /// <summary>What the quota limits. time and hybrid need an expiry.</summary>
    [EnumDataType(typeof(QuotaType))]
    [DefaultValue("time")]
    [Example("hybrid")]
    [DisallowNull]
    public string? QuotaType { get; init; }

    /// <summary>Requests in all; required unless quota_type is time.</summary>
    [Range(0, KeySettingsValidator.MaxQuota)]
    [Example(1000)]
    public long TotalQuota { get; init; }

    /// <summary>Requests in any 60 seconds; null for no limit.</summary>
    [Range(1, KeySettingsValidator.MaxRate)]
    [Example(60)]
    public int? RateLimitPerMinute { get; init; }
}

/// <summary>Which key to show, in the words of the earlier token service.</summary>
internal sealed record FlowTokensQuery
{
    /// <summary>The key's id, or the secret itself. Send the id: URLs end up in logs.</summary>
    public required string Token { get; init; }
}

/// <summary>Which rows of the log to show, in the words of the earlier token service.</summary>
internal sealed record FlowLogsQuery
{
    /// <summary>Which page.</summary>
    [Range(1, LogRequest.MaxPage)]
    [DefaultValue(1)]
    public int Page { get; init; }

    /// <summary>The most rows a page.</summary>
    [Range(1, 1000)]
    [DefaultValue(100)]
    public int PageSize { get; init; }

    /// <summary>The first day, in UTC.</summary>
    public string? StartDate { get; init; }

    /// <summary>The last day, in UTC.</summary>
    public string? EndDate { get; init; }
}
