using NodaTime;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>What of a day (UTC) a query asks for.</summary>
/// <param name="Day">The day, as yyyyMMdd.</param>
/// <param name="Slots">Its quarters of an hour, 0 to 95.</param>
/// <param name="IsWhole">True where all of it is wanted, and belongs to one span of time of the answer.</param>
internal sealed record UsageSpan(int Day, IReadOnlySet<int> Slots, bool IsWhole)
{
    /// <summary>Quarters of an hour in a day (UTC).</summary>
    public const int SlotsPerDay = 96;

    private static readonly TimeSpan SlotLength = TimeSpan.FromMinutes(15);

    /// <summary>The days that a query with a beginning asks for, the first one first.</summary>
    public static IReadOnlyList<UsageSpan> DaysOf(UsageQuery query, DateTimeOffset now)
    {
        var (from, to) = (query.From!.Value.UtcDateTime, (query.To ?? now.AddDays(1)).UtcDateTime);
        var days = new List<UsageSpan>();
        for (var day = from.Date; day < to; day = day.AddDays(1))
        {
            var slots = Enumerable.Range(0, SlotsPerDay).Where(slot => day + (slot * SlotLength) is var start && start >= from && start < to).ToHashSet();
            var (first, last) = (new DateTimeOffset(day, TimeSpan.Zero), new DateTimeOffset(day.AddDays(1) - SlotLength, TimeSpan.Zero));
            var isWhole = slots.Count == SlotsPerDay && BeginningOf(first, query) == BeginningOf(last, query);
            days.Add(new UsageSpan(LedgerRow.DayOf(first), slots, isWhole));
        }

        return days;
    }

    /// <summary>When a slot begins.</summary>
    public static DateTimeOffset StartOf(int day, int slot) =>
        new DateTimeOffset(day / 10_000, day / 100 % 100, day % 100, 0, 0, 0, TimeSpan.Zero) + (slot * SlotLength);

    /// <summary>When the span of time of the answer begins that a moment belongs to; null where usage is not split.</summary>
    public static DateTimeOffset? BeginningOf(DateTimeOffset moment, UsageQuery query)
    {
        var local = Instant.FromDateTimeOffset(moment).InZone(query.Zone);
        return query.Granularity switch
        {
            UsageGranularity.Hour => (local - Duration.FromMinutes(local.Minute)).ToDateTimeOffset(),
            UsageGranularity.Day => query.Zone.AtStartOfDay(local.Date).ToDateTimeOffset(),
            _ => null,
        };
    }
}
