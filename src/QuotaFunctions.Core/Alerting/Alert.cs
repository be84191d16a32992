using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Alerting;

/// <summary>How urgent an alert is.</summary>
public enum AlertSeverity
{
    /// <summary>To be looked at within the day.</summary>
    Warning,

    /// <summary>To be looked at now: somebody is refused, or will be.</summary>
    Critical,
}

/// <summary>How an alert stands.</summary>
public enum AlertState
{
    /// <summary>It needs attention.</summary>
    Open,

    /// <summary>It needs attention, and nobody is told of it for a while.</summary>
    Snoozed,

    /// <summary>It needs none: what it told of is over, or an admin said so.</summary>
    Resolved,
}

/// <summary>Something that needs attention: one for each rule and subject.</summary>
public sealed partial record Alert
{
    /// <summary>Its id, which follows from the rule and the subject; safe to print.</summary>
    public required string Id { get; init; }

    /// <summary>The rule: one of <see cref="AlertRules"/>.</summary>
    public required string Rule { get; init; }

    /// <summary>What it is about: the id of a key or a pool, the name of a provider, a queue or a job, or <see cref="AlertRules.Service"/>.</summary>
    public required string Subject { get; init; }

    /// <summary>How urgent it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>How it stands.</summary>
    public required AlertState State { get; init; }

    /// <summary>The figure that it is about. What it counts depends on the rule: see docs/alerts.md.</summary>
    public required double Value { get; init; }

    /// <summary>What its text is made of, by name; numbers and moments are written invariantly.</summary>
    public required IReadOnlyDictionary<string, string> Data { get; init; }

    /// <summary>When it opened last.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When anything of it changed last.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>When it was resolved; null where it is not.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Until when nobody is told; null where it is not snoozed.</summary>
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>When there was last something to tell of it.</summary>
    public DateTimeOffset? NotifiedAt { get; init; }

    /// <summary>With a threshold: what was granted, so that each is told once of it.</summary>
    public string? Period { get; init; }

    /// <summary>How often it has changed: with the id it names one change.</summary>
    [JsonInclude]
    internal long Revision { get; init; }

    /// <summary>True where an admin has resolved it though what it tells of is not over: it opens again only once that was over.</summary>
    [JsonInclude]
    internal bool IsMuted { get; init; }

    /// <summary>With a threshold: the number of the account's commit that it goes by. What is told of an older one is out of date.</summary>
    [JsonInclude]
    internal long Version { get; init; }

    /// <summary>True where the job that looks after alerts still has something to do with it.</summary>
    internal bool IsLive => State != AlertState.Resolved || IsMuted;

    /// <summary>The id of the alert of a rule and a subject.</summary>
    public static string IdOf(string rule, string subject) =>
        "alert_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{rule}\n{subject}")))[..20];

    /// <summary>True for what has the form of an alert's id.</summary>
    public static bool IsId(string text) => Form().IsMatch(text);

    [GeneratedRegex(@"^alert_[0-9a-f]{20}\z")]
    private static partial Regex Form();
}

/// <summary>What a rule found.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Severity">How urgent it is.</param>
/// <param name="Value">The figure that it is about.</param>
/// <param name="Data">What the text is made of.</param>
internal sealed record AlertCondition(string Subject, AlertSeverity Severity, double Value, IReadOnlyDictionary<string, string> Data);

/// <summary>What there is to tell of an alert.</summary>
public enum AlertEvent
{
    /// <summary>It opened, or a snooze of it has ended.</summary>
    Opened,

    /// <summary>It is worse than it was.</summary>
    Raised,

    /// <summary>It is better than it was, and not over.</summary>
    Lowered,

    /// <summary>It is over.</summary>
    Resolved,

    /// <summary>Nothing: somebody tries whether what is told arrives.</summary>
    Test,
}

/// <summary>How rows of the table are written.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertNotice))]
[JsonSerializable(typeof(List<AlertNotice>))]
[JsonSerializable(typeof(AlertMessage))]
internal sealed partial class AlertJson : JsonSerializerContext;
