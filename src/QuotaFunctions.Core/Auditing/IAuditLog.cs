using System.Globalization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Reads the audit log.</summary>
public interface IAuditLog
{
    /// <summary>
    /// Rows of a key, or of all keys, the newest first. One call looks at <see cref="AuditQuery.MaxPageSize"/> rows at the most: where few of them are wanted, the page is short, perhaps
    /// empty, and its cursor goes on behind them.
    /// </summary>
    Task<AuditPage> ReadAsync(AuditQuery query, CancellationToken cancellationToken);

    /// <summary>A page's rows, and all that come after it. Unlike for a single page, storage has as much time as it may take.</summary>
    /// <param name="query">What the page was asked for by.</param>
    /// <param name="first">The page.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<AuditRow> ReadOnAsync(AuditQuery query, AuditPage first, CancellationToken cancellationToken);
}

/// <summary>Which rows to read.</summary>
public sealed record AuditQuery
{
    /// <summary>The most rows of a page: as many as one call looks at.</summary>
    public const int MaxPageSize = 5_000;

    /// <summary>Whose; null for all keys and pools.</summary>
    public string? KeyId { get; init; }

    /// <summary>The keys and pools that are wanted among all, or null.</summary>
    public IReadOnlySet<string>? Among { get; init; }

    /// <summary>The first page is 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>Rows a page, 1 to <see cref="MaxPageSize"/>.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>Where to go on, as <see cref="AuditPage.Next"/> gave it; goes before <see cref="Page"/>.</summary>
    public string? Cursor { get; init; }

    /// <summary>The earliest moment, or null.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is not wanted any more, or null.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>How it ended (<c>succeeded</c>, <c>unknown</c>, …), or null.</summary>
    public string? Outcome { get; init; }

    /// <summary>The provider, or null.</summary>
    public string? Provider { get; init; }

    /// <summary>The model, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Whether some of the rows in its period may not be wanted.</summary>
    internal bool IsFiltered => Outcome is not null || Provider is not null || Model is not null;
}

/// <summary>A page of the log.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Next">Where the next page goes on, an <see cref="AuditCursor"/> or, over all keys, an <see cref="AuditIndexCursor"/> as text; null on the last.</param>
public sealed record AuditPage(IReadOnlyList<AuditRow> Rows, string? Next);

/// <summary>Where reading a log goes on. As text: <c>{charge}</c>, or <c>{charge}.{rows}</c> where rows of earlier pages are to be skipped yet.</summary>
/// <param name="After">The last row that was looked at.</param>
/// <param name="Skip">How many wanted rows behind it belong to earlier pages, 0 or more.</param>
public readonly record struct AuditCursor(ChargeId After, long Skip)
{
    /// <inheritdoc/>
    public override string ToString() => Skip == 0 ? After.ToString() : string.Create(CultureInfo.InvariantCulture, $"{After}.{Skip}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string? text, out AuditCursor cursor)
    {
        cursor = default;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        var skip = 0L;
        if (!ChargeId.TryParse(dot < 0 ? text : text![..dot], out var after)
            || (dot >= 0 && !long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out skip)))
        {
            return false;
        }

        cursor = new AuditCursor(after, skip);
        return cursor.ToString() == text;
    }
}

/// <summary>One row of the log: an admitted request, or what an admin did to the key's quota.</summary>
public sealed record AuditRow
{
    /// <summary>The charge's id.</summary>
    public required string Id { get; init; }

    /// <summary>The key's id; the pool's, for what was done to a pool.</summary>
    public required string KeyId { get; init; }

    /// <summary>When it was admitted.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How it ended; for an admin's act, what was done (<c>reset</c>, <c>topped_up</c>, <c>changed</c>, …).</summary>
    public required string Outcome { get; init; }

    /// <summary>What it came to, in units; below 0 for what was given back.</summary>
    public required long Cost { get; init; }

    /// <summary>The upstream's status code, or null.</summary>
    public int? Status { get; init; }

    /// <summary>In milliseconds, or null.</summary>
    public int? LatencyMs { get; init; }

    /// <summary>The provider, or null.</summary>
    public string? Provider { get; init; }

    /// <summary>The model, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Where it came from, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The request's id.</summary>
    public string? RequestId { get; init; }

    /// <summary>The trace that the request is part of; null where it is not recorded.</summary>
    public string? TraceId { get; init; }

    /// <summary>The client's own word for it, or null.</summary>
    public string? Reference { get; init; }

    /// <summary>The admin who did it, or null.</summary>
    public string? Actor { get; init; }

    /// <summary>The method of the call to the upstream; null where nothing was forwarded.</summary>
    public string? Method { get; init; }

    /// <summary>The path of the call to the upstream, without its query; null where nothing was forwarded.</summary>
    public string? Path { get; init; }

    /// <summary>How often it was sent to an upstream, or null.</summary>
    public int? Attempts { get; init; }

    /// <summary>The providers that were tried, with the status or the reason why none came: <c>openai:429, azure:200</c>; null where it was one attempt.</summary>
    public string? Tried { get; init; }

    /// <summary>To the first byte of the upstream's answer in milliseconds, or null.</summary>
    public int? FirstByteMs { get; init; }

    /// <summary>Bytes of the client's body, or null.</summary>
    public long? BytesIn { get; init; }

    /// <summary>Bytes of the upstream's body, or null.</summary>
    public long? BytesOut { get; init; }

    /// <summary>Tokens that the upstream reports as read, or null.</summary>
    public long? TokensIn { get; init; }

    /// <summary>Tokens that the upstream reports as written, or null.</summary>
    public long? TokensOut { get; init; }

    /// <summary>The instance that served it, or null.</summary>
    public string? Instance { get; init; }
}
