using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Which word on a charge an event has. Each is kept beside the others, so that they may come in any order and more than once.</summary>
internal enum AuditWord
{
    /// <summary>It was admitted.</summary>
    First = 0,

    /// <summary>How it ended, by the ledger's correction alone.</summary>
    Correction = 1,

    /// <summary>How it ended, by whoever knows all of it.</summary>
    Last = 2,
}

/// <summary>What the log says of a charge or an act. Names are short: messages and rows hold many of them.</summary>
internal sealed record AuditEntry
{
    /// <summary>When it was admitted; default in a correction, which does not know.</summary>
    [JsonPropertyName("t")]
    public DateTimeOffset At { get; init; }

    [JsonPropertyName("o")]
    public required string Outcome { get; init; }

    [JsonPropertyName("n")]
    public long Cost { get; init; }

    [JsonPropertyName("s")]
    public int Status { get; init; }

    [JsonPropertyName("l")]
    public int LatencyMs { get; init; }

    [JsonPropertyName("v")]
    public string? Provider { get; init; }

    [JsonPropertyName("m")]
    public string? Model { get; init; }

    [JsonPropertyName("x")]
    public string? Address { get; init; }

    [JsonPropertyName("r")]
    public string? RequestId { get; init; }

    [JsonPropertyName("f")]
    public string? Reference { get; init; }

    [JsonPropertyName("u")]
    public string? Actor { get; init; }

    /// <summary>This word with what only an earlier one on the same charge knows.</summary>
    public AuditEntry Over(AuditEntry? earlier) => earlier is null ? this : this with
    {
        At = At == default ? earlier.At : At,
        Provider = Provider ?? earlier.Provider,
        Model = Model ?? earlier.Model,
        Address = Address ?? earlier.Address,
        RequestId = RequestId ?? earlier.RequestId,
        Reference = Reference ?? earlier.Reference,
    };

    /// <summary>As the log shows it.</summary>
    public AuditRow ToRow(ChargeId id) => new()
    {
        Id = id.ToString(),
        At = At,
        Outcome = Outcome,
        Cost = Cost,
        Status = Status == 0 ? null : Status,
        LatencyMs = LatencyMs == 0 ? null : LatencyMs,
        Provider = Provider,
        Model = Model,
        Address = Address,
        RequestId = RequestId,
        Reference = Reference,
        Actor = Actor,
    };
}

/// <summary>What is to be written to the log: a word on a charge or an act, and which entries of the ledger it accounts for.</summary>
internal sealed record AuditEvent
{
    [JsonPropertyName("a")]
    public required string AccountId { get; init; }

    [JsonPropertyName("k")]
    public required string KeyId { get; init; }

    /// <summary>The charge's id, or the act's own.</summary>
    [JsonPropertyName("i")]
    public required ChargeId Id { get; init; }

    [JsonPropertyName("w")]
    public AuditWord Word { get; init; }

    [JsonPropertyName("d")]
    public required AuditEntry Entry { get; init; }

    /// <summary>The ledger's entries that are wholly in the log with this.</summary>
    [JsonPropertyName("e")]
    public IReadOnlyList<LedgerRef> Ledger { get; init; } = [];

    /// <summary>A charge of <see cref="ChargeKind.Consume"/>, just made.</summary>
    /// <remarks>A hold's entry is closed only by its settlement, and that on a lease's page by whoever looks at the whole page.</remarks>
    public static AuditEvent OfConsumed(Charge charge) =>
        OfCharge(charge, ChargeOutcome.Consumed, charge.Cost, charge.IsHold || charge.Ledger.Count == 0 ? [] : [charge.Ledger]);

    /// <summary>The end of a charge.</summary>
    /// <param name="settlement">How it ended.</param>
    /// <param name="cost">What it came to, in units.</param>
    /// <param name="correction">The ledger's entry that corrected the cost, or null.</param>
    public static AuditEvent OfSettlement(Settlement settlement, long cost, LedgerRef? correction) => OfCharge(
        settlement.Charge,
        settlement.Outcome,
        cost,
        [.. new LedgerRef?[] { settlement.Charge.Ledger, correction }.OfType<LedgerRef>().Where(entry => entry.Count > 0)],
        settlement.Status,
        settlement.Latency) with
    {
        Word = AuditWord.Last,
    };

    /// <summary>What was done to a quota, by its entry in the ledger.</summary>
    public static AuditEvent OfAct(string accountId, LedgerRow row, int index) =>
        OfEntry(accountId, row, index, row.Entries[index].Outcome!) with { Word = AuditWord.Last };

    /// <summary>A charge of which nothing is known but its entry in the ledger.</summary>
    public static AuditEvent OfOrphan(string accountId, LedgerRow row, int index) => OfEntry(
        accountId, row, index, OutcomeNames.Of(row.Entries[index].Kind == LedgerEntryKind.Consume ? ChargeOutcome.Consumed : ChargeOutcome.Unknown));

    /// <summary>The end of a charge, of which nothing is known but the ledger's entry that corrected it. When it was charged is not in there.</summary>
    public static AuditEvent OfCorrection(string accountId, LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        var correction = OfEntry(accountId, row, index, entry.Outcome!);
        return correction with
        {
            Id = ChargeId.TryParse(entry.Settles, out var settled) ? settled : throw new FormatException("The entry settles no charge."),
            Word = AuditWord.Correction,
            Entry = correction.Entry with { At = default, Cost = entry.FinalCost, Status = entry.Status, LatencyMs = entry.LatencyMs },
        };
    }

    private static AuditEvent OfCharge(
        Charge charge, ChargeOutcome outcome, long cost, IReadOnlyList<LedgerRef> ledger, int status = 0, TimeSpan latency = default) => new()
    {
        AccountId = charge.Key.AccountId,
        KeyId = charge.Key.KeyId,
        Id = charge.Id,
        Entry = new AuditEntry
        {
            At = charge.At,
            Outcome = OutcomeNames.Of(outcome),
            Cost = cost,
            Status = status,
            LatencyMs = (int)latency.TotalMilliseconds,
            Provider = charge.Request.Provider,
            Model = charge.Request.Model,
            Address = charge.Request.Address?.ToString(),
            RequestId = charge.Request.RequestId,
            Reference = charge.Request.Reference,
        },
        Ledger = ledger,
    };

    private static AuditEvent OfEntry(string accountId, LedgerRow row, int index, string outcome)
    {
        var entry = row.Entries[index];
        return new AuditEvent
        {
            AccountId = accountId,
            KeyId = entry.KeyId,
            Id = new ChargeId(row.Day, row.Sequence, index),
            Entry = new AuditEntry
            {
                At = row.AtOf(index),
                Outcome = outcome,
                Cost = entry.KeyId == accountId && entry.PoolDelta != 0 ? entry.PoolDelta : entry.Delta,
                Provider = entry.Provider,
                Model = entry.Model,
                Address = entry.Address,
                RequestId = entry.RequestId,
                Reference = entry.Reference,
                Actor = entry.Actor,
            },
            Ledger = [row.RefOf(index)],
        };
    }
}

/// <summary>Takes what is to be written to the log.</summary>
internal interface IAuditSink
{
    /// <summary>Takes an event; waits while there is no room. Nothing is ever dropped.</summary>
    ValueTask WriteAsync(AuditEvent auditEvent, CancellationToken cancellationToken);
}

/// <summary>The JSON of the log's rows, and of a message in the queue <c>audit-events</c>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AuditEvent))]
[JsonSerializable(typeof(List<AuditEvent>))]
internal sealed partial class AuditJson : JsonSerializerContext;
