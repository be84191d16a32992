using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>What requests came to, counted. All of it can be added up, in any order.</summary>
public sealed class UsageCounts
{
    private static readonly string Consumed = OutcomeNames.Of(ChargeOutcome.Consumed);
    private static readonly string SucceededName = OutcomeNames.Of(ChargeOutcome.Succeeded);
    private static readonly string UnknownName = OutcomeNames.Of(ChargeOutcome.Unknown);

    /// <summary>How many requests ended how, by the names of <see cref="OutcomeNames"/>.</summary>
    [JsonPropertyName("o")]
    public SortedDictionary<string, long> Outcomes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Requests that failed and cost nothing.</summary>
    [JsonPropertyName("r")]
    public long Refunded { get; set; }

    /// <summary>Units that they cost.</summary>
    [JsonPropertyName("u")]
    public long Units { get; set; }

    /// <summary>Tokens that upstreams reported as read.</summary>
    [JsonPropertyName("i")]
    public long TokensIn { get; set; }

    /// <summary>Tokens that upstreams reported as written.</summary>
    [JsonPropertyName("e")]
    public long TokensOut { get; set; }

    /// <summary>How long they took.</summary>
    [JsonPropertyName("l")]
    public LatencyHistogram Latency { get; init; } = new();

    /// <summary>All requests.</summary>
    [JsonIgnore]
    public long Requests => Outcomes.Values.Sum();

    /// <summary>Requests that succeeded, or were charged by a service that does the work itself.</summary>
    [JsonIgnore]
    public long Succeeded => Outcomes.GetValueOrDefault(SucceededName) + Outcomes.GetValueOrDefault(Consumed);

    /// <summary>Requests of which nobody knows how they ended.</summary>
    [JsonIgnore]
    public long Unknown => Outcomes.GetValueOrDefault(UnknownName);

    /// <summary>All others.</summary>
    [JsonIgnore]
    public long Failed => Outcomes.Where(static outcome => IsFailure(outcome.Key)).Sum(static outcome => outcome.Value);

    /// <summary>Whether requests that ended this way are among <see cref="Failed"/>.</summary>
    /// <param name="outcome">How.</param>
    public static bool IsFailure(string outcome) => outcome != SucceededName && outcome != Consumed && outcome != UnknownName;

    /// <summary>Counts requests that ended one way.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="requests">How many; below 0 to take them away.</param>
    public void Add(string outcome, long requests)
    {
        var sum = Outcomes.GetValueOrDefault(outcome) + requests;
        if (sum == 0)
        {
            Outcomes.Remove(outcome);
        }
        else
        {
            Outcomes[outcome] = sum;
        }
    }

    /// <summary>The outcomes of which a later state of the same counts has fewer, and by how many.</summary>
    /// <param name="later">The later state.</param>
    public IEnumerable<(string Outcome, long Requests)> FewerIn(UsageCounts later) =>
        Outcomes.Select(outcome => (outcome.Key, outcome.Value - later.Outcomes.GetValueOrDefault(outcome.Key))).Where(outcome => outcome.Item2 > 0);

    /// <summary>Adds another, or takes it away.</summary>
    /// <param name="other">The other.</param>
    /// <param name="sign">1 to add, -1 to take away.</param>
    public void Add(UsageCounts other, int sign = 1)
    {
        foreach (var (outcome, requests) in other.Outcomes)
        {
            Add(outcome, sign * requests);
        }

        Refunded += sign * other.Refunded;
        Units += sign * other.Units;
        TokensIn += sign * other.TokensIn;
        TokensOut += sign * other.TokensOut;
        Latency.Add(other.Latency, sign);
    }
}
