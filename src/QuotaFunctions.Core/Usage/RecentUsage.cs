using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <summary>
/// Reads for jobs what all keys used lately, from the copies: ranges of the days, and no more of their rows than is asked for. What it costs
/// grows with the keys that were used on these days, not with what they used.
/// </summary>
internal sealed class RecentUsage(TableServiceClient tables, StorageNames names)
{
    private readonly TableClient _usage = tables.GetTableClient(names.Usage);

    /// <summary>The beginning of the quarter of an hour that a moment lies in.</summary>
    public static DateTimeOffset QuarterOf(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.FromMinutes(15).Ticks), TimeSpan.Zero);

    /// <summary>What each key used between two moments, to the quarter of an hour. Keys that used nothing are left out.</summary>
    public async Task<IReadOnlyDictionary<string, UsageCounts>> ReadAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, UsageCounts>();
        foreach (var day in UsageSpan.DaysOf(new UsageQuery { From = from, To = to }, to))
        {
            var properties = day.Slots.Select(KeyDay.PropertyOf).Append("RowKey");
            await foreach (var row in ReadPartitionAsync(UsageEntity.Day(day.Day), properties, cancellationToken))
            {
                foreach (var (_, sum) in KeyDay.SlotsOf(row).Where(slot => day.Slots.Contains(slot.Key)))
                {
                    if (!keys.TryGetValue(row.RowKey, out var counts))
                    {
                        keys[row.RowKey] = counts = new UsageCounts();
                    }

                    counts.Add(sum.Total);
                }
            }
        }

        return keys;
    }

    /// <summary>The units that each key used on the day (UTC) of a moment.</summary>
    public async IAsyncEnumerable<(string KeyId, long Units)> ReadDayAsync(
        DateTimeOffset moment, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ReadPartitionAsync(UsageEntity.Day(LedgerRow.DayOf(moment)), ["RowKey", UsageEntity.Sum], cancellationToken))
        {
            yield return (row.RowKey, UsageSum.Parse(row.GetString(UsageEntity.Sum)).Total.Units);
        }
    }

    /// <summary>How the quota of each key stood when it was used or changed last.</summary>
    public async IAsyncEnumerable<(string KeyId, KeyStanding Standing)> ReadStandingsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] properties =
        [
            "RowKey", nameof(UsageEntity.Unit), nameof(KeyStanding.Limit), nameof(KeyStanding.Used), nameof(KeyStanding.Remaining),
            nameof(KeyStanding.LastUsedAt), nameof(KeyStanding.ResetsAt),
        ];
        await foreach (var row in ReadPartitionAsync(UsageEntity.Keys, properties, cancellationToken))
        {
            yield return (row.RowKey, UsageEntity.ToStanding(row));
        }
    }

    private Azure.AsyncPageable<TableEntity> ReadPartitionAsync(string partition, IEnumerable<string> select, CancellationToken cancellationToken) =>
        _usage.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), select: select, cancellationToken: cancellationToken);
}
