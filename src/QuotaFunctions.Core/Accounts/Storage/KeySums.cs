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

/// <summary>A day (UTC) of a key, hour by hour.</summary>
internal sealed record KeyDay : ISumRow
{
    private const string Used = "Used";
    private const int Hours = 24;

    private UsageSum?[] _hours = new UsageSum?[Hours];
    private HashSet<int> _changed = [];

    /// <summary>The key.</summary>
    public required string KeyId { get; init; }

    /// <summary>The day, as yyyyMMdd.</summary>
    public required int Day { get; init; }

    /// <inheritdoc/>
    public ETag? Version { get; private init; }

    /// <inheritdoc/>
    public string Name => AccountRowKeys.Usage(KeyId, Day);

    /// <summary>What was counted in each of its 24 hours; null where nothing was.</summary>
    public IReadOnlyList<UsageSum?> ByHour => _hours;

    /// <summary>Reads a row; a day without anything where there is none.</summary>
    public static KeyDay Of(string keyId, int day, TableEntity? row) => new()
    {
        KeyId = keyId,
        Day = day,
        Version = row?.ETag,
        _hours = [.. Enumerable.Range(0, Hours).Select(hour => row?.GetString(Property(hour)) is { } json ? UsageSum.Parse(json) : null)],
    };

    /// <summary>What a row says of the used units, where it was read with <see cref="UsedOnly"/>.</summary>
    public static long UsedOf(TableEntity row) => row.GetInt64(Used) ?? 0;

    /// <summary>The properties to read for <see cref="UsedOf"/>.</summary>
    public static IReadOnlyList<string> UsedOnly { get; } = ["RowKey", Used];

    /// <summary>This day, and more.</summary>
    public KeyDay Plus(IEnumerable<UsageChange> changes)
    {
        var hours = _hours.ToArray();
        var changed = new HashSet<int>();
        foreach (var change in changes)
        {
            if (changed.Add(change.Hour))
            {
                hours[change.Hour] = hours[change.Hour]?.Clone() ?? new UsageSum();
            }

            hours[change.Hour]!.Add(change.Sum);
        }

        return this with { _hours = hours, _changed = changed };
    }

    /// <inheritdoc/>
    public ISumRow With(ETag version) => this with { Version = version };

    /// <inheritdoc/>
    public TableEntity ToEntity(string accountId)
    {
        var row = new TableEntity(accountId, Name) { [Used] = _hours.Sum(hour => hour?.Used ?? 0) };
        foreach (var hour in _changed)
        {
            row[Property(hour)] = _hours[hour]!.ToJson();
        }

        return row;
    }

    private static string Property(int hour) => string.Create(CultureInfo.InvariantCulture, $"H{hour:D2}");
}
