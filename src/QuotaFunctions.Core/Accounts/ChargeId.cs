using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>Where an entry stands in an account's ledger.</summary>
/// <param name="Sequence">The commit's number.</param>
/// <param name="Index">The entry's number in it: one commit may close a period and charge the next.</param>
internal readonly record struct LedgerPosition(long Sequence, int Index)
{
    public static bool operator <(LedgerPosition left, LedgerPosition right) =>
        left.Sequence < right.Sequence || (left.Sequence == right.Sequence && left.Index < right.Index);

    public static bool operator >(LedgerPosition left, LedgerPosition right) => right < left;
}

/// <summary>An entry of the ledger, and what it changed.</summary>
/// <param name="Sequence">The commit's number.</param>
/// <param name="Index">The entry's number in it.</param>
/// <param name="Count">How many entries the commit has.</param>
/// <param name="Delta">Change of what the key has used, in units.</param>
/// <param name="PoolDelta">Change of what its pool has used, in units.</param>
[JsonConverter(typeof(LedgerEntryRefJson))]
internal readonly record struct LedgerEntryRef(long Sequence, int Index, int Count, long Delta, long PoolDelta);

/// <summary>
/// A charge's place: the commit that took it and its number in it, with the day, so that its row in the log is found without a search.
/// As text: <c>chg_{yyyyMMdd}-{commit}-{number}</c>.
/// </summary>
/// <param name="Day">UTC day of the commit, as yyyyMMdd.</param>
/// <param name="Sequence">The commit's number in its account, from 1.</param>
/// <param name="Index">The charge's number in its commit, from 0.</param>
[JsonConverter(typeof(ChargeIdJson))]
public readonly record struct ChargeId(int Day, long Sequence, int Index)
{
    private const string Prefix = "chg_";

    /// <summary>Its place without the day.</summary>
    internal LedgerPosition Place => new(Sequence, Index);

    /// <inheritdoc/>
    public override string ToString() => string.Create(null, stackalloc char[48], $"{Prefix}{Day}-{Sequence}-{Index}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string? text, out ChargeId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        Span<Range> parts = stackalloc Range[4];
        var rest = text.AsSpan(Prefix.Length);
        if (rest.Split(parts, '-') != 3
            || !int.TryParse(rest[parts[0]], NumberStyles.None, CultureInfo.InvariantCulture, out var day)
            || !long.TryParse(rest[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !int.TryParse(rest[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return false;
        }

        id = new ChargeId(day, sequence, index);
        return id.ToString() == text;
    }
}

/// <summary>A charge's id in JSON: its text.</summary>
internal sealed class ChargeIdJson : JsonConverter<ChargeId>
{
    public override ChargeId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ChargeId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("This is no charge's id.");

    public override void Write(Utf8JsonWriter writer, ChargeId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>A ledger reference in JSON: its numbers in an array.</summary>
internal sealed class LedgerEntryRefJson : JsonConverter<LedgerEntryRef>
{
    public override LedgerEntryRef Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<long> numbers = stackalloc long[5];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : throw new JsonException();
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? new LedgerEntryRef(numbers[0], (int)numbers[1], (int)numbers[2], numbers[3], numbers[4])
            : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, LedgerEntryRef value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Sequence);
        writer.WriteNumberValue(value.Index);
        writer.WriteNumberValue(value.Count);
        writer.WriteNumberValue(value.Delta);
        writer.WriteNumberValue(value.PoolDelta);
        writer.WriteEndArray();
    }
}
