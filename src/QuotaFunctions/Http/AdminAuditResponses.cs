using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A page of what admins did.</summary>
/// <param name="Actions">The actions, the newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last. A page that is not full may have one, too.</param>
internal sealed record AdminAuditResponse(
    IReadOnlyList<AdminActionResponse> Actions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("0520000000000000000-0198c0de00007000800000000000cafe")] string? Next);

/// <summary>What an admin did.</summary>
/// <param name="Id">The action's id.</param>
/// <param name="At">When it began.</param>
/// <param name="Actor">The name of the admin's token.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Route">The route's template.</param>
/// <param name="Target">What it was done to: the id of a key or a pool, or a name.</param>
/// <param name="Before">The target as it was before, without secrets; null where it was not there, or has no record.</param>
/// <param name="After">The target as it was after; null also where the action was refused, or the outcome is not known.</param>
/// <param name="Outcome">
/// unknown: it is still going on, its process died, or the client left before the answer. refused: nothing was changed. failed: with 5xx; it may have
/// been carried out, which after shows.
/// </param>
/// <param name="Status">The answer's HTTP status.</param>
/// <param name="Code">The error's code.</param>
internal sealed record AdminActionResponse(
    [property: Example("0520000000000000000-0198c0de00007000800000000000cafe")] string Id,
    DateTimeOffset At,
    [property: Example("alice")] string Actor,
    [property: Example("203.0.113.7")] string? Address,
    [property: Example("0198c0de00007000800000000000cafe")] string RequestId,
    [property: Example("POST")] string Method,
    [property: Example("/manage/keys/{key}/topup")] string Route,
    [property: Example("key_3mJr7AoUXx2WqdAgh1Zk")] string? Target,
    [property: Example(Json = """{ "id": "key_3mJr7AoUXx2WqdAgh1Zk", "quota": 1000 }""")] JsonElement? Before,
    [property: Example(Json = """{ "id": "key_3mJr7AoUXx2WqdAgh1Zk", "quota": 1500 }""")] JsonElement? After,
    [property: AllowedValues("unknown", "succeeded", "refused", "failed"), Example("succeeded")] string Outcome,
    [property: Example(200)] int? Status,
    string? Code)
{
    public static AdminActionResponse Of(RecordedAction recorded) => new(
        recorded.Id,
        recorded.Action.At,
        recorded.Action.Actor,
        recorded.Action.Address,
        recorded.Action.RequestId,
        recorded.Action.Method,
        recorded.Action.Route,
        recorded.Action.Target,
        ToJson(recorded.Action.Before),
        ToJson(recorded.Outcome?.After),
        recorded.Outcome?.Status switch
        {
            null => "unknown",
            < 400 => "succeeded",
            < 500 => "refused",
            _ => "failed",
        },
        recorded.Outcome?.Status,
        recorded.Outcome?.Code);

    private static JsonElement? ToJson(string? record) => record is null ? null : JsonElement.Parse(record);
}
