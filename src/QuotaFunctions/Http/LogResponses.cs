using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A page of the log.</summary>
/// <param name="Logs">The rows, the newest first.</param>
/// <param name="Page">Which page it is, where pages are counted.</param>
/// <param name="PageSize">The most rows a page.</param>
/// <param name="Next">The cursor of the next page; absent on the last. A page that is not full may have one, too.</param>
internal sealed record LogsResponse(
    IReadOnlyList<LogRowResponse> Logs,
    [property: Range(1, LogRequest.MaxPage), Example(1)] int Page,
    [property: Range(1, 1000), Example(100)] int PageSize,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("chg_20260101-42-0")] string? Next);

/// <summary>A row of the log: an admitted request, or what an admin did to the key's quota.</summary>
/// <param name="Id">The charge's id.</param>
/// <param name="Key">The key's id; the pool's, for what was done to a pool.</param>
/// <param name="At">When it was admitted.</param>
/// <param name="Outcome">
/// How it ended (unknown, consumed, succeeded, client_error, failed, unreachable, timed_out, client_closed, truncated), or what an admin did.
/// </param>
/// <param name="Cost">What it came to, in <c>unit</c>; below 0 for what was given back.</param>
/// <param name="Unit">What the key, or the pool, counts in.</param>
/// <param name="Status">The upstream's.</param>
/// <param name="LatencyMs">In milliseconds.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
/// <param name="Address">Where it came from.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Reference">The client's own word for it.</param>
/// <param name="Actor">The admin who did it; to a key's holder, each is admin.</param>
/// <param name="Method">The method of the call to the upstream; null where nothing was forwarded.</param>
/// <param name="Path">The path of the call to the upstream, without its query; null where nothing was forwarded.</param>
/// <param name="Attempts">How often it was sent to an upstream.</param>
/// <param name="Tried">The providers that were tried, in turn, with the status or why none came; null where it was one attempt.</param>
/// <param name="FirstByteMs">To the first byte of the upstream's answer, in milliseconds.</param>
/// <param name="BytesIn">Bytes of the client's body.</param>
/// <param name="BytesOut">Bytes of the upstream's body.</param>
/// <param name="TokensIn">Tokens that the upstream reports as read.</param>
/// <param name="TokensOut">Tokens that the upstream reports as written.</param>
/// <param name="TraceId">The trace that the request is part of; absent where none is recorded, and for a key's holder.</param>
/// <param name="Instance">The instance that served it; absent where that is not known, and for a key's holder.</param>
internal sealed record LogRowResponse(
    [property: Example("chg_20260101-42-0")] string Id,
    [property: Example("key_0123456789abcdefghij")] string Key,
    DateTimeOffset At,
    [property: Example("succeeded")] string Outcome,
    [property: Example(1)] decimal Cost,
    [property: EnumDataType(typeof(QuotaUnit))] string Unit,
    [property: Example(200)] int? Status,
    [property: Example(812)] int? LatencyMs,
    [property: Example("openai")] string? Provider,
    [property: Example("gpt-4o-mini")] string? Model,
    [property: Example("203.0.113.7")] string? Address,
    [property: Example("0198c0de00007000800000000000cafe")] string? RequestId,
    string? Reference,
    string? Actor,
    [property: Example("POST")] string? Method,
    [property: Example("/v1/chat/completions")] string? Path,
    [property: Example(2)] int? Attempts,
    [property: Example("azure:429, openai:200")] string? Tried,
    [property: Example(310)] int? FirstByteMs,
    [property: Example(182)] long? BytesIn,
    [property: Example(955)] long? BytesOut,
    [property: Example(24)] long? TokensIn,
    [property: Example(61)] long? TokensOut,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("4bf92f3577b34da6a3ce929d0e0e4736")] string? TraceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Instance)
{
    private const string AnyAdmin = "admin";

    private static readonly string[] Columns =
    [
        "id", "key", "at", "outcome", "cost", "unit", "status", "latency_ms", "provider", "model", "address", "request_id", "reference", "actor", "method",
        "path", "attempts", "tried", "first_byte_ms", "bytes_in", "bytes_out", "tokens_in", "tokens_out", "trace_id", "instance",
    ];

    /// <summary>The names of the columns in CSV.</summary>
    public static IReadOnlyList<string> ColumnsOf(bool isHolder) => isHolder ? Columns[..^2] : Columns;

    /// <summary>The cells in CSV, in the order of <see cref="ColumnsOf"/>.</summary>
    public IReadOnlyList<object?> ToCells(bool isHolder)
    {
        object?[] cells =
        [
            Id, Key, At, Outcome, Cost, Unit, Status, LatencyMs, Provider, Model, Address, RequestId, Reference, Actor, Method,
            Path, Attempts, Tried, FirstByteMs, BytesIn, BytesOut, TokensIn, TokensOut, TraceId, Instance,
        ];
        return isHolder ? cells[..^2] : cells;
    }

    /// <summary>A row of a key or a pool that counts in a unit, as an admin or as the key's holder sees it.</summary>
    public static LogRowResponse Of(AuditRow row, QuotaUnit unit, bool isHolder) => new(
        row.Id,
        row.KeyId,
        row.At,
        row.Outcome,
        QuotaAmount.Of(row.Cost, unit),
        EnumNames.Of(unit),
        row.Status,
        row.LatencyMs,
        row.Provider,
        row.Model,
        row.Address,
        row.RequestId,
        row.Reference,
        isHolder && row.Actor is not null ? AnyAdmin : row.Actor,
        row.Method,
        row.Path,
        row.Attempts,
        row.Tried,
        row.FirstByteMs,
        row.BytesIn,
        row.BytesOut,
        row.TokensIn,
        row.TokensOut,
        isHolder ? null : row.TraceId,
        isHolder ? null : row.Instance);
}
