using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Which phase of a charge an event tells of. Each is kept beside the others, so that they may come in any order and more than once.</summary>
/// <remarks>A later one counts more than an earlier one. The names are stored.</remarks>
internal enum AuditPhase
{
    /// <summary>It was admitted.</summary>
    Admitted = 0,

    /// <summary>How it ended, by the ledger's correction alone.</summary>
    Corrected = 1,

    /// <summary>How it ended, as the process that made the charge, or the sweep, tells it.</summary>
    Final = 2,
}

/// <summary>What the log says of a charge or an act.</summary>
internal sealed record AuditEntry : EntryDetails
{
    [JsonConstructor]
    public AuditEntry()
    {
    }

    /// <summary>An entry with the details of another.</summary>
    public AuditEntry(EntryDetails details)
        : base(details)
    {
    }

    /// <summary>When it was admitted; default in a correction, which does not know.</summary>
    [JsonPropertyName("t")]
    public DateTimeOffset At { get; init; }

    /// <summary>What it came to, in units.</summary>
    [JsonPropertyName("n")]
    public long Cost { get; init; }

    /// <summary>How often it was sent to an upstream; 0 where that is not known.</summary>
    [JsonPropertyName("a")]
    public int Attempts { get; init; }

    /// <summary>The providers that were tried, with what came of it; null where it was one attempt.</summary>
    [JsonPropertyName("h")]
    public string? Tried { get; init; }

    /// <summary>To the first byte of the upstream's answer; null where there was none.</summary>
    [JsonPropertyName("b")]
    public int? FirstByteMs { get; init; }

    /// <summary>Of the client's body.</summary>
    [JsonPropertyName("i")]
    public long? BytesIn { get; init; }

    /// <summary>Of the upstream's body.</summary>
    [JsonPropertyName("j")]
    public long? BytesOut { get; init; }

    [JsonPropertyName("e")]
    public long? TokensIn { get; init; }

    [JsonPropertyName("g")]
    public long? TokensOut { get; init; }

    /// <summary>The instance that served it.</summary>
    [JsonPropertyName("w")]
    public string? Instance { get; init; }

    /// <summary>This phase with what only an earlier one of the same charge knows.</summary>
    public AuditEntry MergeOnto(AuditEntry? earlier) => earlier is null ? this : this with
    {
        At = At == default ? earlier.At : At,
        Provider = Provider ?? earlier.Provider,
        Model = Model ?? earlier.Model,
        Address = Address ?? earlier.Address,
        RequestId = RequestId ?? earlier.RequestId,
        TraceId = TraceId ?? earlier.TraceId,
        Reference = Reference ?? earlier.Reference,
        Method = Method ?? earlier.Method,
        Path = Path ?? earlier.Path,
        Instance = Instance ?? earlier.Instance,
    };

    /// <summary>As the log shows it.</summary>
    public AuditRow ToRow(string keyId, ChargeId id) => new()
    {
        Id = id.ToString(),
        KeyId = keyId,
        At = At,
        Outcome = Outcome ?? "",
        Cost = Cost,
        Status = Status == 0 ? null : Status,
        LatencyMs = LatencyMs,
        Provider = Provider,
        Model = Model,
        Address = Address,
        RequestId = RequestId,
        TraceId = TraceId,
        Reference = Reference,
        Actor = Actor,
        Method = Method,
        Path = Path,
        Attempts = Attempts == 0 ? null : Attempts,
        Tried = Tried,
        FirstByteMs = FirstByteMs,
        BytesIn = BytesIn,
        BytesOut = BytesOut,
        TokensIn = TokensIn,
        TokensOut = TokensOut,
        Instance = Instance,
    };
}
