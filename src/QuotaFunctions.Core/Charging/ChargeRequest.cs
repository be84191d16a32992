using System.Net;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>What kind of work a charge pays for.</summary>
public enum ChargeKind
{
    /// <summary>A request that is forwarded to an upstream, and settled when it ends.</summary>
    Forward,

    /// <summary>Work that the client does itself: in the log at once, as <c>consumed</c>.</summary>
    Consume,
}

/// <summary>A request's claim on a key's quota.</summary>
public sealed record ChargeRequest
{
    /// <summary>The smallest cost: everything but the quota is checked, and the log has it.</summary>
    public const long MinCost = 0;

    /// <summary>The cost of a request that says nothing of it. In dollars there is none.</summary>
    public const long DefaultCost = 1;

    /// <summary>The greatest cost, whatever the key counts in: requests, tokens or dollars.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>The secret that the client sent.</summary>
    public required KeySecret Secret { get; init; }

    /// <summary>
    /// The cost in what the key counts in, as clients see it, <see cref="MinCost"/> to <see cref="MaxCost"/>: it is known to be an amount of the
    /// key's unit only once the key is read. Null where nothing is said of it.
    /// </summary>
    public decimal? Cost { get; init; }

    /// <summary>
    /// What to hold instead of <see cref="Cost"/> where the key counts tokens, until the upstream reports its usage; null where the cost is known.
    /// </summary>
    public CostEstimate? TokenEstimate { get; init; }

    /// <summary>
    /// What to hold instead of <see cref="Cost"/> where the key counts dollars, in micro-dollars, until the upstream reports its usage; null where
    /// the cost is known, or, of what is forwarded, where the model has no price: that is refused.
    /// </summary>
    public CostEstimate? DollarEstimate { get; init; }

    /// <summary>
    /// Makes the charge a hold: settled at its cost when nobody has settled it by then, 1 second to 24 hours;
    /// null for a plain charge. An estimate above 0 is always a hold.
    /// </summary>
    public TimeSpan? HoldFor { get; init; }

    /// <summary>What the charge pays for.</summary>
    public ChargeKind Kind { get; init; }

    /// <summary>The request's id, for the log.</summary>
    public required string RequestId { get; init; }

    /// <summary>The trace that the request is part of, for the log; null where it is not recorded, so that nobody could look it up.</summary>
    public string? TraceId { get; init; }

    /// <summary>The method of the call to the upstream, for the log; null where nothing is forwarded.</summary>
    public string? Method { get; init; }

    /// <summary>The path of the call to the upstream, without its query, for the log; null where nothing is forwarded.</summary>
    public string? Path { get; init; }

    /// <summary>The client's own word for the charge, at most 200 characters, for the log.</summary>
    public string? Reference { get; init; }

    /// <summary>The provider that the request goes to; null leaves the key's list of providers unasked.</summary>
    public string? Provider { get; init; }

    /// <summary>The model that the request names; null where it names none.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Where it may go, in the order in which that is tried; empty where that is one place. <see cref="Provider"/>, <see cref="Model"/> and
    /// <see cref="Path"/> are the first one's, <see cref="Cost"/> and the estimates are the largest of theirs.
    /// </summary>
    public IReadOnlyList<ChargeTarget> Targets { get; init; } = [];

    /// <summary>The model that the client named where <see cref="Targets"/> stand for it: a key whose list has this very name may use them all. Null for none.</summary>
    public string? Alias { get; init; }

    /// <summary>
    /// True where a request that names no model is refused to a key with a list of models: it could reach any. False for what no model works
    /// for, such as reading a stored answer.
    /// </summary>
    public bool NeedsModel { get; init; } = true;

    /// <summary>Where the request comes from.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>
    /// The client's Idempotency-Key with a hash of what it asks for; null for none. The same key and hash is charged once
    /// within 24 hours; the same key with another hash is refused with <see cref="ChargeRefusal.IdempotencyMismatch"/>.
    /// </summary>
    public IdempotencyClaim? Idempotency { get; init; }

    /// <summary>The same request to these places.</summary>
    /// <param name="targets">At least one, in the order in which they are tried.</param>
    internal ChargeRequest GoingTo(IReadOnlyList<ChargeTarget> targets) => this with
    {
        Targets = targets,
        Provider = targets[0].Provider,
        Model = targets[0].Model,
        Path = targets[0].Path,
        Cost = targets.Max(static target => target.Cost),
        TokenEstimate = CostEstimate.Largest(targets.Select(static target => target.TokenEstimate)),
        DollarEstimate = CostEstimate.Largest(targets.Select(static target => target.DollarEstimate)),
    };

    /// <summary>The units that <see cref="Cost"/> is where a key counts in this unit; null where it is none.</summary>
    public long? CostIn(QuotaUnit unit)
    {
        var cost = Cost ?? (unit == QuotaUnit.Usd ? null : DefaultCost);
        return cost is { } amount && QuotaAmount.TryParse(amount, unit, out var units) ? units : null;
    }

    /// <summary>The units of <see cref="MaxCost"/>.</summary>
    public static long MaxCostIn(QuotaUnit unit) => MaxCost * QuotaAmount.UnitsIn(unit);

    /// <summary>
    /// What it costs where a key counts in a unit; null where the cost is none there, or, of what is forwarded for dollars, where nobody knows the price.
    /// </summary>
    internal CostEstimate? EstimateIn(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Tokens when TokenEstimate is not null => TokenEstimate,
        QuotaUnit.Usd when DollarEstimate is not null || Kind == ChargeKind.Forward => DollarEstimate,
        _ => CostIn(unit) is { } cost ? new CostEstimate(cost) : null,
    };

    /// <summary>Whether the cost is known only once the call has ended, where a key counts in a unit.</summary>
    internal bool IsEstimatedIn(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Tokens => TokenEstimate is { Most: > 0 },
        QuotaUnit.Usd => DollarEstimate is { Most: > 0 },
        _ => false,
    };
}

/// <summary>An Idempotency-Key and what it stands for.</summary>
/// <param name="Key">What the client sent, 1 to 255 characters.</param>
/// <param name="RequestHash">SHA-256 of method, path and body, hexadecimal.</param>
public sealed record IdempotencyClaim(string Key, string RequestHash);
