using NodaTime;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <summary>Answers who used what, and when.</summary>
public interface IUsageReader
{
    /// <summary>
    /// Reads what was counted. Of one key it is what is in the log, a second or two after a request ends; over all keys it is copied every
    /// half a minute. What was refused is stored by each instance once a minute at the most.
    /// </summary>
    Task<UsageReport> ReadAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>Reads what was counted over all keys. It costs the same however many requests there were.</summary>
    Task<FleetUsage> ReadFleetAsync(CancellationToken cancellationToken);
}

/// <summary>Usage over all keys.</summary>
/// <param name="Days">Every day (UTC) on which anything was used, the first one first.</param>
/// <param name="NearestToEnd">The keys that are nearest to the end of their quota, at most 100.</param>
/// <param name="ActiveKeys">Keys that may be used.</param>
/// <param name="Refused">Refused requests, by the error's code, also those without a key that is known.</param>
public sealed record FleetUsage(
    IReadOnlyList<FleetDay> Days, IReadOnlyList<KeyToEnd> NearestToEnd, int ActiveKeys, IReadOnlyDictionary<string, long> Refused);

/// <summary>By what usage is grouped.</summary>
public enum UsageGroup
{
    /// <summary>By key.</summary>
    Key,

    /// <summary>By the tenant that a key has now.</summary>
    Tenant,

    /// <summary>By provider.</summary>
    Provider,

    /// <summary>By model.</summary>
    Model,
}

/// <summary>Into which spans of time usage is split.</summary>
public enum UsageGranularity
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Hours of the time zone.</summary>
    Hour,

    /// <summary>Days of the time zone.</summary>
    Day,
}

/// <summary>Which usage to read.</summary>
public sealed record UsageQuery
{
    /// <summary>The longest span that is read, in days.</summary>
    public const int MaxDays = 400;

    /// <summary>Of one key only, or null.</summary>
    public string? KeyId { get; init; }

    /// <summary>Of the keys of one tenant only, or null.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one provider only, or null.</summary>
    public string? Provider { get; init; }

    /// <summary>Of one model only, or null.</summary>
    public string? Model { get; init; }

    /// <summary>The earliest moment, to the quarter of an hour; null for all that was ever counted, without <see cref="To"/>.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that is not wanted any more, to the quarter of an hour; null for up to now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The time zone of hours and days.</summary>
    public DateTimeZone Zone { get; init; } = DateTimeZone.Utc;

    /// <summary>Needs <see cref="From"/>, unless it is <see cref="UsageGranularity.None"/>.</summary>
    public UsageGranularity Granularity { get; init; }

    /// <summary>By what it is grouped.</summary>
    public UsageGroup GroupBy { get; init; }

    /// <summary>Whether what was refused is asked for as well, which takes two more calls to storage.</summary>
    public bool WithRefused { get; init; } = true;

    /// <summary>Whether refused requests are told of it: they are counted by key, and nobody knows where they would have gone.</summary>
    internal bool TellsRefused => this is { WithRefused: true, Provider: null, Model: null };

    /// <summary>Whether they are told of each group, and not only in all.</summary>
    internal bool TellsRefusedByGroup => TellsRefused && GroupBy is UsageGroup.Key or UsageGroup.Tenant;
}

/// <summary>Usage of one group in one span of time.</summary>
/// <param name="Group">The key's id, the tenant, the provider or the model; null for those without one.</param>
/// <param name="From">When the span begins; null where usage is not split.</param>
/// <param name="Counts">What was counted.</param>
/// <param name="Name">The key's name, where usage is grouped by key.</param>
/// <param name="Tenant">The key's tenant, where usage is grouped by key.</param>
/// <param name="Standing">How the key's quota stands, where usage is grouped by key; null where it is not known.</param>
/// <param name="Refused">Requests that were refused; null where that cannot be told, as of a provider or a model.</param>
public sealed record UsageItem(
    string? Group, DateTimeOffset? From, UsageCounts Counts, string? Name = null, string? Tenant = null, KeyStanding? Standing = null, long? Refused = null)
{
    /// <summary>What the requests cost, by what it is counted in: units of different keys are not always the same.</summary>
    public UnitCosts Costs { get; init; } = new();
}

/// <summary>What was used.</summary>
/// <param name="Items">Groups and spans, in the order of their names and times.</param>
/// <param name="Total">All of them together.</param>
/// <param name="Refused">Requests that were refused, of all of them together; null where that cannot be told.</param>
public sealed record UsageReport(IReadOnlyList<UsageItem> Items, UsageCounts Total, long? Refused = null)
{
    /// <summary>What all of them cost, by what it is counted in.</summary>
    public UnitCosts Costs { get; init; } = new();
}
