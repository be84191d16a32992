using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A page of alerts.</summary>
/// <param name="Alerts">Those that are not over come first, each time the newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last. A page that is not full may have one, too.</param>
internal sealed record AlertsResponse(
    IReadOnlyList<AlertResponse> Alerts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("live:2520000000000000000:alert_0f3a9c4be17d25680b1c")] string? Next);

/// <summary>Something that needs attention, or did.</summary>
/// <param name="Id">Its id: the same for the same rule and subject whenever it opens.</param>
/// <param name="Rule">The rule that found it.</param>
/// <param name="Subject">What it is about: the id of a key or a pool, the name of a provider, a queue or a job, or service.</param>
/// <param name="Severity">How urgent it is.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Value">The figure that it is about; what it counts depends on the rule.</param>
/// <param name="Text">What it says, in the language of the setting REPORT_LANGUAGE.</param>
/// <param name="Data">What the text is made of.</param>
/// <param name="OpenedAt">When it opened.</param>
/// <param name="ChangedAt">When anything of it changed last.</param>
/// <param name="ResolvedAt">When it was resolved.</param>
/// <param name="SnoozedUntil">Until when nobody is told of it.</param>
/// <param name="NotifiedAt">When there was last something to tell of it.</param>
internal sealed record AlertResponse(
    [property: Example("alert_0f3a9c4be17d25680b1c")] string Id,
    [property: AllowedValues("quota_threshold", "quota_forecast", "failure_rate", "credential_refused", "unusual_rate", "queue_backlog", "queue_poison", "job_overdue", "report_overdue", "books_unbalanced"), Example("quota_threshold")] string Rule,
    [property: Example("key_3mJr7AoUXx2WqdAgh1Zk")] string Subject,
    [property: AllowedValues("warning", "critical"), Example("warning")] string Severity,
    [property: AllowedValues("open", "snoozed", "resolved"), Example("open")] string Status,
    [property: Example(80)] double Value,
    [property: Example("Ada (key_3mJr7AoUXx2WqdAgh1Zk) has used 80 % of its quota: 800 of 1,000 requests.")] string Text,
    [property: Example(Json = """{ "limit": "1000", "name": "Ada", "unit": "requests", "used": "800" }""")] IReadOnlyDictionary<string, string> Data,
    DateTimeOffset OpenedAt,
    DateTimeOffset ChangedAt,
    DateTimeOffset? ResolvedAt,
    DateTimeOffset? SnoozedUntil,
    DateTimeOffset? NotifiedAt)
{
    public static AlertResponse Of(Alert alert, string text) => new(
        alert.Id, alert.Rule, alert.Subject, EnumNames.Of(alert.Severity), EnumNames.Of(alert.State), alert.Value, text, alert.Data,
        alert.OpenedAt, alert.ChangedAt, alert.ResolvedAt, alert.SnoozedUntil, alert.NotifiedAt);
}

/// <summary>Who is told of alerts.</summary>
/// <param name="Recipients">How many addresses of mail.</param>
/// <param name="Webhooks">The hosts of the webhooks; their addresses are secrets.</param>
internal sealed record AlertTestResponse([property: Example(2)] int Recipients, [property: Example("chat.example.com")] IReadOnlyList<string> Webhooks);
