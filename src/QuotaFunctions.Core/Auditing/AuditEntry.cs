using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Which word on a charge an event has. Each is kept beside the others, so that they may come in any order and more than once.</summary>
/// <remarks>In the order in which they go over each other. The names are stored.</remarks>
internal enum AuditPhase
{
    /// <summary>It was admitted.</summary>
    Admitted = 0,

    /// <summary>How it ended, by the ledger's correction alone.</summary>
    Corrected = 1,

    /// <summary>How it ended, as the process that made the charge, or the sweep, tells it.</summary>
    Final = 2,
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

    /// <summary>Null where nothing was forwarded; 0 for less than a millisecond.</summary>
    [JsonPropertyName("l")]
    public int? LatencyMs { get; init; }

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
    public AuditEntry MergeOnto(AuditEntry? earlier) => earlier is null ? this : this with
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
        LatencyMs = LatencyMs,
        Provider = Provider,
        Model = Model,
        Address = Address,
        RequestId = RequestId,
        Reference = Reference,
        Actor = Actor,
    };
}
