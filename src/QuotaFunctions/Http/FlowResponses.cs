using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A key in the words of the earlier token service.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">The key.</param>
internal sealed record FlowTokenResponse([property: AllowedValues(true)] bool Success, [property: Example] FlowTokenData Data);

/// <summary>The keys that were asked for.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">The keys.</param>
internal sealed record FlowTokensResponse([property: AllowedValues(true)] bool Success, [property: Example] FlowTokensData Data);

/// <summary>How a key's quota stands.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">How it stands.</param>
internal sealed record FlowQuotaResponse([property: AllowedValues(true)] bool Success, [property: Example] QuotaResponse Data);

/// <summary>A page of a key's log.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">The page.</param>
internal sealed record FlowLogsResponse([property: AllowedValues(true)] bool Success, [property: Example] FlowLogsData Data);

/// <summary>What waits to be written.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">The queues.</param>
internal sealed record FlowWritePoolResponse([property: AllowedValues(true)] bool Success, [property: Example] FlowWritePoolData Data);

/// <summary>How retention stands.</summary>
/// <param name="Success">It worked.</param>
/// <param name="Data">How it stands.</param>
internal sealed record FlowCleanupResponse([property: AllowedValues(true)] bool Success, [property: Example] RetentionResponse Data);

/// <summary>A key.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="AccessToken">The secret where the key was just made; else what was asked by, an id or the secret.</param>
/// <param name="WsId">The workspace: the key's tenant.</param>
/// <param name="Email">The address of the key's holder.</param>
/// <param name="QuotaType">What the quota limits.</param>
/// <param name="TotalQuota">null for unlimited.</param>
/// <param name="RemainingQuota">null for unlimited.</param>
/// <param name="ConsumedQuota">Holds included.</param>
/// <param name="ExpiresAt">When it expires; null for never.</param>
/// <param name="RateLimitPerMinute">Requests in any 60 seconds; null for no limit.</param>
/// <param name="IsActive">Whether it may be used.</param>
/// <param name="CreatedAt">When it was issued.</param>
internal sealed record FlowTokenData(
    [property: Example("key_3mJr7AoUXx2WqdAgh1Zk")] string Id,
    [property: Example("flow_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi000000")] string AccessToken,
    [property: Example("acme")] string? WsId,
    [property: Example("ada@example.com")] string? Email,
    [property: EnumDataType(typeof(QuotaType))] string QuotaType,
    [property: Example(1000)] decimal? TotalQuota,
    [property: Example(849)] decimal? RemainingQuota,
    [property: Example(151)] decimal ConsumedQuota,
    DateTimeOffset? ExpiresAt,
    [property: Example(60)] int? RateLimitPerMinute,
    [property: Example(true)] bool IsActive,
    DateTimeOffset CreatedAt)
{
    public static FlowTokenData Of(ApiKey key, string accessToken, DateTimeOffset now) => new(
        key.Id,
        accessToken,
        key.Settings.Tenant,
        key.Settings.Email,
        EnumNames.Of(key.Quota.Type),
        QuotaAmount.Of(key.Quota.Limit, key.Settings.Unit),
        QuotaAmount.Of(key.Quota.Remaining, key.Settings.Unit),
        QuotaAmount.Of(key.Quota.Used, key.Settings.Unit),
        key.Settings.ExpiresAt,
        key.Settings.RateLimitPerMinute,
        key.Status == KeyStatus.Active && !(key.Settings.ExpiresAt <= now),
        key.CreatedAt);
}

/// <summary>Keys.</summary>
/// <param name="Count">How many.</param>
/// <param name="Tokens">The keys.</param>
internal sealed record FlowTokensData([property: Example(1)] int Count, IReadOnlyList<FlowTokenData> Tokens);

/// <summary>A page of a log.</summary>
/// <param name="Logs">The rows, the newest first.</param>
/// <param name="Page">Which page it is.</param>
/// <param name="PageSize">The most rows a page.</param>
/// <param name="HasMore">Whether there is a next page.</param>
internal sealed record FlowLogsData(
    IReadOnlyList<FlowLog> Logs,
    [property: Range(1, LogRequest.MaxPage), Example(1)] int Page,
    [property: Range(1, 1000), Example(100)] int PageSize,
    bool HasMore);

/// <summary>A row of a log.</summary>
/// <param name="Id">The charge's id.</param>
/// <param name="QuotaChange">What it took from the quota, below 0; above 0 for what was given back.</param>
/// <param name="Action">consume for a request, else what was done to the quota, such as topped_up.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="ExecutionSuccess">Whether it succeeded; null where that is not known, and for what was no request.</param>
/// <param name="CreatedAt">When it was admitted.</param>
internal sealed record FlowLog(
    [property: Example("chg_20260101-42-0")] string Id,
    [property: Example(-1)] decimal QuotaChange,
    [property: Example("consume")] string Action,
    [property: Example("0198c0de00007000800000000000cafe")] string? RequestId,
    [property: Example(true)] bool? ExecutionSuccess,
    DateTimeOffset CreatedAt)
{
    private static readonly Dictionary<string, ChargeOutcome> Outcomes = Enum.GetValues<ChargeOutcome>().ToDictionary(OutcomeNames.Of);

    public static FlowLog Of(AuditRow row, QuotaUnit unit)
    {
        ChargeOutcome? outcome = Outcomes.TryGetValue(row.Outcome, out var known) ? known : null;
        return new FlowLog(
            row.Id,
            QuotaAmount.Of(-row.Cost, unit),
            outcome is null ? row.Outcome : "consume",
            row.RequestId,
            outcome is null or ChargeOutcome.Unknown ? null : outcome is ChargeOutcome.Succeeded or ChargeOutcome.Consumed,
            row.At);
    }
}

/// <summary>What waits to be written.</summary>
/// <param name="SyncQueueLen">Messages that wait in the queue of the log, of all instances, approximately.</param>
/// <param name="LogQueueLen">Notes for the log that wait in this instance to be sent to that queue.</param>
/// <param name="LogQueueCap">How many may wait there.</param>
internal sealed record FlowWritePoolData(
    [property: Example(12)] long SyncQueueLen, [property: Example(45)] int LogQueueLen, [property: Example(2000)] int LogQueueCap);
