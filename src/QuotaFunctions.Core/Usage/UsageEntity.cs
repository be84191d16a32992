using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <summary>The rows of the table <c>usage</c>: the one place that makes their keys and reads them.</summary>
/// <remarks>
/// Three kinds of partitions. A day (UTC): a row for each key that was used on it, with its slots. <c>keys</c>: a row for each key, with all
/// that was ever counted and how its quota stands. <c>fleet</c>: a row for each day, with the sum over all keys. What was refused has
/// partitions of its own: see <see cref="RefusalTable"/>.
/// </remarks>
internal static class UsageEntity
{
    /// <summary>The partition with a row for each key.</summary>
    public const string Keys = "keys";

    /// <summary>The partition with a row for each day.</summary>
    public const string Fleet = "fleet";

    /// <summary>The property that says which versions a copy was made of.</summary>
    public const string Source = "Source";

    /// <summary>The property with the sum of a whole row.</summary>
    public const string Sum = "Sum";

    /// <summary>The row of <see cref="Fleet"/> with the keys that are nearest to their end, and its property.</summary>
    public const string Nearest = "Nearest";

    private const string Units = "Units";
    private const string Costs = "Costs";
    private const string Withdrawn = "Withdrawn";
    private const string Pool = "Pool";
    private const string Granted = "Granted";
    private const string Settled = "Settled";

    /// <summary>What is read of the row of a key before it is written anew.</summary>
    public static readonly string[] Marks =
    [
        "RowKey", Source, Granted, Settled, nameof(StandingMark.Period), Pool + Granted, Pool + Settled, Pool + nameof(StandingMark.Period),
    ];

    /// <summary>The partition of a day (yyyyMMdd).</summary>
    public static string Day(int day) => "day-" + NameOf(day);

    /// <summary>Filter: the copies of the days before a day (yyyyMMdd).</summary>
    public static string DaysBefore(int day) => TableClient.CreateQueryFilter($"PartitionKey ge {Day(0)} and PartitionKey lt {Day(day)}");

    /// <summary>A day's name.</summary>
    public static string NameOf(int day) => day.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>A day's number.</summary>
    public static int DayOf(string name) => int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The copy of a day of a key.</summary>
    public static TableEntity Of(KeyDay day, QuotaUnit unit)
    {
        var row = new TableEntity(Day(day.Day), day.KeyId) { [nameof(Unit)] = unit.ToString() };
        var sum = new UsageSum();
        foreach (var (slot, counts) in day.Slots)
        {
            row[KeyDay.PropertyOf(slot)] = counts.ToJson();
            sum.Add(counts);
        }

        row[Sum] = sum.ToJson();
        return row;
    }

    /// <summary>The row of a key.</summary>
    public static TableEntity Of(string keyId, UsageSum sum, QuotaSnapshot quota, DateTimeOffset? lastUsedAt)
    {
        var row = new TableEntity(Keys, keyId)
        {
            [Sum] = sum.ToJson(),
            [nameof(Unit)] = quota.Unit.ToString(),
            [nameof(QuotaSnapshot.Used)] = quota.Used,
        };
        Set(nameof(QuotaSnapshot.Limit), quota.Limit);
        Set(nameof(QuotaSnapshot.Remaining), quota.Remaining);
        Set(nameof(KeyStanding.LastUsedAt), lastUsedAt);
        Set(nameof(QuotaSnapshot.ResetsAt), quota.ResetsAt);
        return row;

        void Set(string name, object? value)
        {
            if (value is not null)
            {
                row[name] = value;
            }
        }
    }

    /// <summary>Notes in the row of a key how it stands, and its pool.</summary>
    public static void Note(TableEntity row, QuotaStanding key, QuotaStanding? pool)
    {
        Note("", key);
        if (pool is not null)
        {
            Note(Pool, pool);
        }

        void Note(string prefix, QuotaStanding standing)
        {
            row[prefix + Settled] = standing.Used;
            row[prefix + nameof(StandingMark.Period)] = standing.Period;
            if (standing.Limit is { } limit)
            {
                row[prefix + Granted] = limit;
            }
        }
    }

    /// <summary>How a key stood when its row was written; null where that was not noted.</summary>
    public static StandingMark? ToMark(TableEntity? row) => ToMark(row, "");

    /// <summary>How its pool stood.</summary>
    public static StandingMark? ToPoolMark(TableEntity? row) => ToMark(row, Pool);

    private static StandingMark? ToMark(TableEntity? row, string prefix) => row?.GetString(prefix + nameof(StandingMark.Period)) is { } period
        ? new StandingMark(row.GetInt64(prefix + Granted), row.GetInt64(prefix + Settled) ?? 0, period)
        : null;

    /// <summary>How a key stands, by its row.</summary>
    public static KeyStanding ToStanding(TableEntity row) => new(
        Unit(row),
        row.GetInt64(nameof(QuotaSnapshot.Limit)),
        row.GetInt64(nameof(QuotaSnapshot.Used)) ?? 0,
        row.GetInt64(nameof(QuotaSnapshot.Remaining)),
        row.GetDateTimeOffset(nameof(KeyStanding.LastUsedAt)),
        row.GetDateTimeOffset(nameof(QuotaSnapshot.ResetsAt)));

    /// <summary>The unit that a key counts in.</summary>
    public static QuotaUnit Unit(TableEntity row) => Enum.Parse<QuotaUnit>(row.GetString(nameof(Unit)));

    /// <summary>The row of the keys that are nearest to their end.</summary>
    public static TableEntity Of(IReadOnlyList<KeyToEnd> nearest) => new(Fleet, Nearest)
    {
        [Nearest] = JsonSerializer.Serialize(nearest, UsageEntityJson.Default.IReadOnlyListKeyToEnd),
    };

    /// <summary>Reads what <see cref="Of(IReadOnlyList{KeyToEnd})"/> made; nothing for null.</summary>
    public static IReadOnlyList<KeyToEnd> ToNearest(TableEntity? row) =>
        row?.GetString(Nearest) is { } json ? JsonSerializer.Deserialize(json, UsageEntityJson.Default.IReadOnlyListKeyToEnd)! : [];

    /// <summary>The row of a day over all keys.</summary>
    public static TableEntity Of(FleetDay day)
    {
        var row = new TableEntity(Fleet, NameOf(day.Day)) { [Sum] = day.Sum.ToJson() };
        foreach (var (unit, units) in day.Units)
        {
            row[Units + unit] = units;
        }

        foreach (var (unit, costs) in day.OtherCosts)
        {
            row[Costs + unit] = costs.ToJson();
        }

        foreach (var (unit, units) in day.WithdrawnUnits)
        {
            row[Withdrawn + Units + unit] = units;
        }

        row[Withdrawn] = day.Withdrawn.ToJson();
        return row;
    }

    /// <summary>Reads what <see cref="Of(FleetDay)"/> made.</summary>
    public static FleetDay ToFleetDay(TableEntity row) => new(
        DayOf(row.RowKey),
        UsageSum.Parse(row.GetString(Sum)),
        UnitsOf(row, Units))
    {
        Withdrawn = UsageSum.Parse(row.GetString(Withdrawn)),
        WithdrawnUnits = UnitsOf(row, Withdrawn + Units),
        OtherCosts = Enum.GetValues<QuotaUnit>().Where(unit => row.ContainsKey(Costs + unit))
            .ToDictionary(unit => unit, unit => UsageSum.Parse(row.GetString(Costs + unit))),
    };

    private static Dictionary<QuotaUnit, long> UnitsOf(TableEntity row, string prefix) =>
        Enum.GetValues<QuotaUnit>().Where(unit => row.ContainsKey(prefix + unit)).ToDictionary(unit => unit, unit => row.GetInt64(prefix + unit) ?? 0);
}

/// <summary>A key that is near to the end of its quota. Amounts are in the key's unit.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Unit">What one unit stands for.</param>
/// <param name="Limit">Granted in all.</param>
/// <param name="Remaining">Left.</param>
public sealed record KeyToEnd(string KeyId, QuotaUnit Unit, long Limit, long Remaining);

/// <summary>The JSON of rows that are lists.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<KeyToEnd>))]
internal sealed partial class UsageEntityJson : JsonSerializerContext;
