using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>What the log is told, in a message of the queue <c>audit-events</c>.</summary>
[JsonDerivedType(typeof(AuditEvent), "e")]
[JsonDerivedType(typeof(CommitMessage), "c")]
internal abstract record AuditMessage
{
    [JsonPropertyName("a")]
    public required string AccountId { get; init; }
}

/// <summary>A commit with entries that say all that the log needs to know of them.</summary>
internal sealed record CommitMessage : AuditMessage
{
    [JsonPropertyName("r")]
    public required LedgerRow Row { get; init; }

    /// <summary>What the log is to say of those entries.</summary>
    public IEnumerable<AuditEvent> ToEvents() =>
        Enumerable.Range(0, Row.Entries.Count).Where(index => Row.Entries[index].IsSelfContained).Select(index => AuditEvent.OfEntry(AccountId, Row, index));
}

/// <summary>The JSON of the log's rows, and of a message in the queue <c>audit-events</c>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AuditMessage))]
[JsonSerializable(typeof(List<AuditMessage>))]
internal sealed partial class AuditJson : JsonSerializerContext;
