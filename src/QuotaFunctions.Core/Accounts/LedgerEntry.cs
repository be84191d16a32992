using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>What an entry of the ledger is.</summary>
internal enum LedgerEntryKind
{
    /// <summary>A forwarded request was charged.</summary>
    Forward = 0,

    /// <summary>Work that a client does itself was charged.</summary>
    Consume = 1,

    /// <summary>A charge's cost was corrected, or a hold released.</summary>
    Settle = 2,

    /// <summary>A period ended, a quota was reset or changed: see <see cref="EntryDetails.Outcome"/>.</summary>
    Adjustment = 3,
}

/// <summary>
/// One entry of a commit: what it changed in the books, and everything that its row in the audit log says, so that the log can be
/// completed from the ledger when the process that wrote it is gone. Names are short: one row holds hundreds.
/// </summary>
internal sealed record LedgerEntry : EntryDetails
{
    [JsonPropertyName("t")]
    public LedgerEntryKind Kind { get; init; }

    /// <summary>The key; for what was done to a pool itself, the pool.</summary>
    [JsonPropertyName("k")]
    public required string KeyId { get; init; }

    /// <summary>Change of what the key has used, in units.</summary>
    [JsonPropertyName("d")]
    public long Delta { get; init; }

    /// <summary>Change of what the key's pool has used, in units.</summary>
    [JsonPropertyName("p")]
    public long PoolDelta { get; init; }

    /// <summary>Until when the charge is a hold, in Unix seconds; 0 for none.</summary>
    [JsonPropertyName("h")]
    public long HoldUntil { get; init; }

    /// <summary>With <see cref="LedgerEntryKind.Settle"/>: which charge.</summary>
    [JsonPropertyName("c")]
    public string? Settles { get; init; }

    /// <summary>With <see cref="LedgerEntryKind.Settle"/>: true where a client has reported on what it was charged for.</summary>
    [JsonPropertyName("b")]
    public bool IsReport { get; init; }

    /// <summary>With <see cref="LedgerEntryKind.Settle"/>: what the charge came to, as the log says it.</summary>
    [JsonPropertyName("n")]
    public long FinalCost { get; init; }

    /// <summary>The kind of the charge that it makes or corrects, or an adjustment.</summary>
    [JsonIgnore]
    public LedgerEntryKind ChargeKind => Kind != LedgerEntryKind.Settle ? Kind : IsReport ? LedgerEntryKind.Consume : LedgerEntryKind.Forward;

    /// <summary>True where the log can be told all of it from the entry alone; how any other ended, only its process knows.</summary>
    [JsonIgnore]
    public bool IsSelfContained => Kind is LedgerEntryKind.Consume or LedgerEntryKind.Adjustment;

    /// <summary>The charge that a correction settles; null for any other entry.</summary>
    [JsonIgnore]
    public ChargeId? SettledCharge => Kind == LedgerEntryKind.Settle && ChargeId.TryParse(Settles, out var settled) ? settled : null;

    private static readonly SearchValues<char> Unescaped =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:/ @,;=*()");

    /// <summary>Characters that the entry's JSON takes at the most.</summary>
    [JsonIgnore]
    public int MaxLength =>
        10 + Length(KeyId) + Length(RequestId) + Length(TraceId) + Length(Provider) + Length(Model) + Length(Address) + Length(Reference)
        + Length(Actor) + Length(Settles) + Length(Outcome) + Length(Method) + Length(Path) + (IsReport ? Length(1) : 0)
        + Length(Delta) + Length(PoolDelta) + Length(HoldUntil) + Length(FinalCost) + Length(Status)
        + (LatencyMs is { } latency ? Math.Max(Length(latency), Length(1)) : 0);

    /// <summary>Characters that the JSON of an entry with these texts and three numbers takes at the most.</summary>
    public static int MaxLengthOf(params ReadOnlySpan<string?> texts)
    {
        var length = 10 + (3 * Length(long.MaxValue));
        foreach (var text in texts)
        {
            length += Length(text);
        }

        return length;
    }

    // With the name, quotes, colon and comma: 7 characters, and 20 digits and a sign at the most.
    private static int Length(long number) => number == 0 ? 0 : number is > 0 and < 10_000_000 ? 12 : 28;

    // The encoder may write anything else as \uXXXX.
    private static int Length(string? text) =>
        text is null ? 0 : 7 + (text.AsSpan().ContainsAnyExcept(Unescaped) ? 6 * text.Length : text.Length);
}

/// <summary>A commit's row in the ledger.</summary>
internal sealed record LedgerRow
{
    [JsonPropertyName("s")]
    public required long Sequence { get; init; }

    [JsonPropertyName("c")]
    public required Guid CommitId { get; init; }

    /// <summary>When it was decided, by the account's clock.</summary>
    [JsonPropertyName("t")]
    public required DateTimeOffset At { get; init; }

    /// <summary>The instance that decided it.</summary>
    [JsonPropertyName("o")]
    public required string Owner { get; init; }

    [JsonPropertyName("e")]
    public required IReadOnlyList<LedgerEntry> Entries { get; init; }

    /// <summary>UTC day of <see cref="At"/>, as yyyyMMdd.</summary>
    [JsonIgnore]
    public int Day => DayOf(At);

    /// <summary>The id of the charge that is one of <see cref="Entries"/>, or the act's.</summary>
    public ChargeId IdOf(int index) => new(Day, Sequence, index);

    /// <summary>An entry, and what it changed.</summary>
    public LedgerEntryRef RefOf(int index) => new(Sequence, index, Entries.Count, Entries[index].Delta, Entries[index].PoolDelta);

    public static int DayOf(DateTimeOffset moment)
    {
        var utc = moment.UtcDateTime;
        return (((utc.Year * 100) + utc.Month) * 100) + utc.Day;
    }

    /// <summary>The beginning of a day (UTC, yyyyMMdd).</summary>
    public static DateTimeOffset StartOf(int day) => new(day / 10_000, day / 100 % 100, day % 100, 0, 0, 0, TimeSpan.Zero);
}

/// <summary>The ledger's JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(IReadOnlyList<LedgerEntry>))]
[JsonSerializable(typeof(List<LedgerEntry>))]
internal sealed partial class LedgerJson : JsonSerializerContext;
