using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// A row of the log: what it says of up to <see cref="Entries"/> entries of a commit. Each word is a property, <c>{phase}{entry}</c>, in JSON. What
/// several words have in common, above all when, where and for which model, stands once, in the property <c>Common_{hash}</c>, and each of them begins with
/// its hash: so whatever is written later, a word keeps its meaning.
/// </summary>
internal static class AuditEntity
{
    /// <summary>The last entry that a commit may have.</summary>
    public const int LastIndex = (Entries * (LastChunk + 1)) - 1;

    /// <summary>
    /// Entries in a row. Three words on each are properties, and of what is in common there is one for <see cref="LeastInCommon"/> words at the most: fewer
    /// than the 252 that the service takes. A whole commit has <see cref="AccountTransaction.MaxEntriesLength"/> characters of texts at the most, and two
    /// words on an entry have them: far below the service's 1 MiB.
    /// </summary>
    private const int Entries = 64;

    /// <summary>Words that must have something in common for it to stand by itself.</summary>
    private const int LeastInCommon = 4;

    private const int LastChunk = 999;
    private const int HashLength = 12;
    private const string CommonPrefix = "Common_";

    private static readonly AuditPhase[] Phases = Enum.GetValues<AuditPhase>();

    /// <summary>The key of the row that a charge, or an act, is in. Counted backwards: the newest is the first.</summary>
    public static string NameOf(ChargeId id) =>
        string.Create(CultureInfo.InvariantCulture, $"{long.MaxValue - id.Sequence:D19}-{LastChunk - (id.Index / Entries):D3}");

    /// <summary>What is merged into a row.</summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="name">Its key.</param>
    /// <param name="events">What it is to say.</param>
    public static TableEntity Of(string partition, string name, IEnumerable<AuditEvent> events)
    {
        // What is told last counts, before words are put together
        var words = new Dictionary<string, AuditEntry>();
        foreach (var told in events)
        {
            words[Property(told.Phase, told.Id.Index)] = told.Entry;
        }

        var row = new TableEntity(partition, name);
        foreach (var alike in words.GroupBy(word => CommonOf(word.Value)))
        {
            var prefix = alike.Count() < LeastInCommon ? null : Put(row, alike.Key);
            foreach (var (property, entry) in alike)
            {
                row[property] = prefix is null ? ToJson(entry) : prefix + ToJson(Without(entry));
            }
        }

        return row;
    }

    /// <summary>All that a row says, the newest first.</summary>
    /// <param name="row">The row.</param>
    /// <param name="day">Its day (UTC, yyyyMMdd).</param>
    public static IEnumerable<LoggedCharge> ReadAll(TableEntity row, int day)
    {
        var sequence = long.MaxValue - long.Parse(row.RowKey.AsSpan(0, 19), CultureInfo.InvariantCulture);
        var first = (LastChunk - int.Parse(row.RowKey.AsSpan(20), CultureInfo.InvariantCulture)) * Entries;
        var common = new Dictionary<string, AuditEntry>();
        for (var index = first + Entries - 1; index >= first; index--)
        {
            if (Read(row, new ChargeId(day, sequence, index), AuditPhase.Final, common) is { } logged)
            {
                yield return logged;
            }
        }
    }

    /// <summary>All that a row says of one entry up to a phase; null where that is nothing.</summary>
    public static LoggedCharge? Read(TableEntity row, ChargeId id, AuditPhase upTo) => Read(row, id, upTo, []);

    // Each phase goes over those before it
    private static LoggedCharge? Read(TableEntity row, ChargeId id, AuditPhase upTo, Dictionary<string, AuditEntry> common)
    {
        AuditEntry? entry = null;
        var last = AuditPhase.Admitted;
        foreach (var phase in Phases)
        {
            if (phase <= upTo && row.GetString(Property(phase, id.Index)) is { } word)
            {
                entry = ReadWord(row, word, common).MergeOnto(entry);
                last = phase;
            }
        }

        return entry is null ? null : new LoggedCharge(id, last, entry);
    }

    private static AuditEntry ReadWord(TableEntity row, string word, Dictionary<string, AuditEntry> common)
    {
        if (word.StartsWith('{'))
        {
            return ToEntry(word);
        }

        var hash = word.Length > HashLength ? word[..HashLength] : word;
        if (!common.TryGetValue(hash, out var shared))
        {
            common[hash] = shared = ToEntry(row.GetString(CommonPrefix + hash) ?? throw new FormatException("What a word has in common with others is missing."));
        }

        return ToEntry(word[HashLength..]).MergeOnto(shared) with { Outcome = shared.Outcome };
    }

    /// <summary>What an entry is likely to have in common with others of its commit.</summary>
    private static AuditEntry CommonOf(AuditEntry entry) => new()
    {
        At = entry.At,
        Outcome = entry.Outcome,
        Provider = entry.Provider,
        Model = entry.Model,
        Method = entry.Method,
        Path = entry.Path,
        Address = entry.Address,
        Instance = entry.Instance,
    };

    /// <summary>What <see cref="CommonOf"/> leaves.</summary>
    private static AuditEntry Without(AuditEntry entry) => entry with
    {
        At = default,
        Outcome = null,
        Provider = null,
        Model = null,
        Method = null,
        Path = null,
        Address = null,
        Instance = null,
    };

    /// <summary>Puts down what words have in common. Returns what each of them begins with.</summary>
    private static string Put(TableEntity row, AuditEntry common)
    {
        var json = ToJson(common);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..HashLength];
        row[CommonPrefix + hash] = json;
        return hash;
    }

    private static string Property(AuditPhase word, int index) => string.Create(CultureInfo.InvariantCulture, $"{word}{index}");

    private static string ToJson(AuditEntry entry) => JsonSerializer.Serialize(entry, AuditJson.Default.AuditEntry);

    private static AuditEntry ToEntry(string json) => JsonSerializer.Deserialize(json, AuditJson.Default.AuditEntry)!;
}
