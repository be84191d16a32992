namespace QuotaFunctions.Core.AdminAudit;

/// <summary>The record of what admins do. It only grows: nothing here changes or deletes what was recorded.</summary>
public interface IAdminAudit
{
    /// <summary>Records an action before it is done. What cannot be recorded must not be done: this throws what storage throws.</summary>
    /// <returns>The action's id.</returns>
    Task<string> BeginAsync(AdminAction action, CancellationToken cancellationToken);

    /// <summary>Records what became of an action.</summary>
    /// <param name="id">The action's id.</param>
    /// <param name="target">What it was done to, which may be known only now.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task EndAsync(string id, string? target, AdminOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Reads actions, the newest first. It looks at a bounded number of them, so a page may be short and go on all the same.</summary>
    Task<AdminAuditPage> ReadAsync(AdminAuditQuery query, CancellationToken cancellationToken);
}

/// <summary>Which actions to read.</summary>
public sealed record AdminAuditQuery
{
    /// <summary>The most actions a page.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where to go on: what next was on the page before, or null.</summary>
    public string? Cursor { get; init; }

    /// <summary>The name of a token; null for all.</summary>
    public string? Actor { get; init; }

    /// <summary>What it was done to; null for all.</summary>
    public string? Target { get; init; }

    /// <summary>The earliest moment; null for any.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is not wanted any more; null for any.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>A page of actions.</summary>
/// <param name="Actions">The actions, the newest first.</param>
/// <param name="Next">Where the next page goes on; null on the last.</param>
public sealed record AdminAuditPage(IReadOnlyList<RecordedAction> Actions, string? Next);
