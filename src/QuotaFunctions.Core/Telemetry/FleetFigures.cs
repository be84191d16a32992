namespace QuotaFunctions.Core.Telemetry;

/// <summary>Reads what is stored of the service's usage as a whole.</summary>
public interface IFleetFigures
{
    /// <summary>Reads the figures. It costs the same however many keys and requests there are.</summary>
    Task<FleetFigures> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The service's usage as a whole, from its beginning: the same from whichever instance it is read. With what was withdrawn added, no count ever
/// goes back.
/// </summary>
public sealed record FleetFigures
{
    /// <summary>Requests, by the log's word for how they ended.</summary>
    public required IReadOnlyDictionary<string, long> Requests { get; init; }

    /// <summary>Requests that were counted by such a word first, and by another one later.</summary>
    public required IReadOnlyDictionary<string, long> RequestsWithdrawn { get; init; }

    /// <summary>How many of them succeeded.</summary>
    public required long Succeeded { get; init; }

    /// <summary>Refused requests, by the error's code.</summary>
    public required IReadOnlyDictionary<string, long> Refused { get; init; }

    /// <summary>What was charged, by unit: <c>requests</c>, <c>tokens</c>, and <c>usd</c> in US dollars.</summary>
    public required IReadOnlyDictionary<string, decimal> Units { get; init; }

    /// <summary>What was charged first and given back later, such as the rest of a hold.</summary>
    public required IReadOnlyDictionary<string, decimal> UnitsWithdrawn { get; init; }

    /// <summary>Tokens that were ever counted, by provider and model: a limited number of models, the rest under <c>other</c>.</summary>
    public required IReadOnlyList<TokenFigures> Tokens { get; init; }

    /// <summary>Keys that may be used.</summary>
    public required long ActiveKeys { get; init; }

    /// <summary>The keys whose quota is nearest to its end, <see cref="MaxKeys"/> at the most.</summary>
    public required IReadOnlyList<KeyFigures> NearestToEnd { get; init; }

    /// <summary>By how much the books that were verified last do not balance, all accounts together; null where none were.</summary>
    public required decimal? LedgerImbalance { get; init; }

    /// <summary>Alerts that are open, by rule and urgency.</summary>
    public required IReadOnlyList<AlertFigures> OpenAlerts { get; init; }

    /// <summary>The most keys in <see cref="NearestToEnd"/>.</summary>
    public const int MaxKeys = 100;
}

/// <summary>The tokens of one model.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model; <c>other</c> for the rest.</param>
/// <param name="Input">Tokens in.</param>
/// <param name="Output">Tokens out.</param>
public sealed record TokenFigures(string Provider, string Model, long Input, long Output);

/// <summary>The open alerts of a rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Severity">How urgent they are: <c>warning</c> or <c>critical</c>.</param>
/// <param name="Count">How many.</param>
public sealed record AlertFigures(string Rule, string Severity, long Count);

/// <summary>How a key's quota stands.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Limit">Its quota.</param>
/// <param name="Remaining">What is left of it.</param>
public sealed record KeyFigures(string Id, string Unit, decimal Limit, decimal Remaining);
