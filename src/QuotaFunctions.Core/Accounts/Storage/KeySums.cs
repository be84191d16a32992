using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>A row of sums that a compaction adds to.</summary>
internal interface ISumRow
{
    /// <summary>The row's name.</summary>
    string Name { get; }

    /// <summary>The version that it had when it was read; null where it is not there yet.</summary>
    ETag? Version { get; }

    /// <summary>This row with another version.</summary>
    ISumRow With(ETag version);

    /// <summary>What is written: all of a new row, of another what has changed.</summary>
    TableEntity ToEntity(string accountId);
}

/// <summary>The sums of all that was compacted of a key, or of a pool itself.</summary>
/// <param name="KeyId">The key, or the pool.</param>
/// <param name="Sum">What the compacted entries changed of the used units.</param>
/// <param name="Usage">What they came to, counted.</param>
/// <param name="Version">The row's version; null where there is none.</param>
internal sealed record KeySum(string KeyId, long Sum, UsageSum Usage, ETag? Version) : ISumRow
{
    /// <summary>The property that says until when (by the storage's clock) nothing of the key is compacted: see <see cref="CompactionPause"/>.</summary>
    public const string PausedUntil = "PausedUntil";

    private const string SumProperty = "Sum";
    private const string UsageProperty = "Usage";

    /// <inheritdoc/>
    public string Name => AccountRowKeys.Compacted(KeyId);

    /// <summary>Reads a row; a sum of nothing where there is none.</summary>
    public static KeySum Of(string keyId, TableEntity? row) => new(keyId, row?.GetInt64(SumProperty) ?? 0, UsageSum.Parse(row?.GetString(UsageProperty)), row?.ETag);

    /// <summary>This sum, and more.</summary>
    public KeySum Plus(long delta, IEnumerable<UsageSum> usage)
    {
        var sum = Usage.Clone();
        foreach (var more in usage)
        {
            sum.Add(more);
        }

        return this with { Sum = Sum + delta, Usage = sum };
    }

    /// <inheritdoc/>
    public ISumRow With(ETag version) => this with { Version = version };

    /// <inheritdoc/>
    public TableEntity ToEntity(string accountId) => new(accountId, Name) { [SumProperty] = Sum, [UsageProperty] = Usage.ToJson() };
}

/// <summary>
/// A day (UTC) of a key, in slots of a quarter of an hour: a day in any time zone is made of whole ones.
/// </summary>
internal sealed record KeyDay : ISumRow
{
    private const string UsedProperty = "Used";
    private const char Slot = 'Q';

    /// <summary>The key.</summary>
    public required string KeyId { get; init; }

    /// <summary>The day, as yyyyMMdd.</summary>
    public required int Day { get; init; }

    /// <inheritdoc/>
    public ETag? Version { get; private init; }

    /// <summary>What all of its slots say of the used units.</summary>
    public long Used { get; private init; }

    /// <summary>What was counted in its slots, 0 to 95: those that were read, or changed.</summary>
    public IReadOnlyDictionary<int, UsageSum> Slots { get; private init; } = new Dictionary<int, UsageSum>();

    /// <inheritdoc/>
    public string Name => AccountRowKeys.Usage(KeyId, Day);

    /// <summary>Reads a row, with all slots that were read with it; a day without anything where there is none.</summary>
    public static KeyDay Of(string keyId, int day, TableEntity? row) => new()
    {
        KeyId = keyId,
        Day = day,
        Version = row?.ETag,
        Used = row is null ? 0 : UsedOf(row),
        Slots = row is null ? new Dictionary<int, UsageSum>() : SlotsOf(row),
    };

    /// <summary>All slots of a row that were read with it.</summary>
    public static Dictionary<int, UsageSum> SlotsOf(TableEntity row) => row.Keys.Where(name => name.Length == 3 && name[0] == Slot)
        .ToDictionary(name => int.Parse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture), name => UsageSum.Parse(row.GetString(name)));

    /// <summary>What a row says of the used units.</summary>
    public static long UsedOf(TableEntity row) => row.GetInt64(UsedProperty) ?? 0;

    /// <summary>The properties to read of a row for some of its slots, or for none but what they come to.</summary>
    public static IEnumerable<string> Properties(IEnumerable<int> slots) => slots.Select(PropertyOf).Append("RowKey").Append(UsedProperty);

    /// <summary>The property of a slot.</summary>
    public static string PropertyOf(int slot) => string.Create(CultureInfo.InvariantCulture, $"{Slot}{slot:D2}");

    /// <summary>This day, and more. Holds no slots but those that have changed.</summary>
    /// <param name="changes">What is added.</param>
    public KeyDay Plus(IEnumerable<UsageChange> changes)
    {
        var slots = new Dictionary<int, UsageSum>();
        var used = Used;
        foreach (var change in changes)
        {
            if (!slots.TryGetValue(change.Slot, out var sum))
            {
                slots[change.Slot] = sum = Slots.GetValueOrDefault(change.Slot)?.Clone() ?? new UsageSum();
            }

            sum.Add(change.Sum);
            used += change.Sum.Used;
        }

        return this with { Slots = slots, Used = used };
    }

    /// <inheritdoc/>
    public ISumRow With(ETag version) => this with { Version = version };

    /// <inheritdoc/>
    public TableEntity ToEntity(string accountId)
    {
        var row = new TableEntity(accountId, Name) { [UsedProperty] = Used };
        foreach (var (slot, sum) in Slots)
        {
            row[PropertyOf(slot)] = sum.ToJson();
        }

        return row;
    }
}
