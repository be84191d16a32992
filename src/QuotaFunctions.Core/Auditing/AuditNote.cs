using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <summary>What the log is told, in a message of the queue <c>audit-events</c>.</summary>
[JsonDerivedType(typeof(AuditEvent), "e")]
[JsonDerivedType(typeof(CommitNote), "c")]
[JsonDerivedType(typeof(PageNote), "p")]
internal abstract record AuditNote
{
    [JsonPropertyName("a")]
    public required string AccountId { get; init; }
}

/// <summary>A commit with entries that say all that the log needs to know of them.</summary>
internal sealed record CommitNote : AuditNote
{
    [JsonPropertyName("r")]
    public required LedgerRow Row { get; init; }

    /// <summary>What the log is to say of those entries.</summary>
    public IEnumerable<AuditEvent> ToEvents() =>
        Enumerable.Range(0, Row.Entries.Count).Where(index => Row.Entries[index].IsWhole).Select(index => AuditEvent.OfEntry(AccountId, Row, index));
}

/// <summary>A lease's page became a row of the ledger: once all of it is in the log, it may go.</summary>
internal sealed record PageNote : AuditNote
{
    [JsonPropertyName("s")]
    public required long Sequence { get; init; }
}

/// <summary>Takes what the log is to be told.</summary>
internal interface IAuditSink
{
    /// <summary>
    /// Takes a note. While there is no room, an <see cref="AuditEvent"/> waits; any other note is dropped, as the ledger says the same.
    /// </summary>
    ValueTask WriteAsync(AuditNote note, CancellationToken cancellationToken);
}

/// <summary>The JSON of the log's rows, and of a message in the queue <c>audit-events</c>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AuditNote))]
[JsonSerializable(typeof(List<AuditNote>))]
internal sealed partial class AuditJson : JsonSerializerContext;
