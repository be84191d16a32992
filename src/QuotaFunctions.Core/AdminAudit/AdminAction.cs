namespace QuotaFunctions.Core.AdminAudit;

/// <summary>Something that an admin set out to do, as it is known before it is done.</summary>
public sealed record AdminAction
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who: the name of their token.</summary>
    public required string Actor { get; init; }

    /// <summary>Where the request came from; null where that is not known.</summary>
    public string? Address { get; init; }

    /// <summary>The request's id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The route's template: a path may hold a key's secret.</summary>
    public required string Route { get; init; }

    /// <summary>What it is done to: the id of a key or a pool, the name of a queue. Null where it is about to be made, or there is none.</summary>
    public string? Target { get; init; }

    /// <summary>The target's record before, in JSON and without secrets; null where it has none.</summary>
    public string? Before { get; init; }
}

/// <summary>What became of an action.</summary>
/// <param name="Status">The answer's HTTP status.</param>
/// <param name="Code">The problem's code; null where there was none.</param>
/// <param name="After">The target's record after, in JSON and without secrets; null where it has none.</param>
public sealed record AdminOutcome(int Status, string? Code, string? After);

/// <summary>An action as it is read back.</summary>
/// <param name="Id">Its id: actions in the order of their ids are the newest first.</param>
/// <param name="Action">What was set out to do.</param>
/// <param name="Outcome">What became of it; null where nobody knows: it is still going on, its process died, or the client left.</param>
public sealed record RecordedAction(string Id, AdminAction Action, AdminOutcome? Outcome);
