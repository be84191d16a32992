using NodaTime;
using NodaTime.TimeZones;

namespace QuotaFunctions.Core.Accounts;

/// <summary>When the periods of a refill begin: at local midnight, whatever daylight saving and short months do to it.</summary>
internal static class RefillCalendar
{
    /// <summary>
    /// The first moment of a local day: after the gap where midnight is skipped, the earlier one where it comes twice.
    /// A day that a zone skips as a whole begins with the day after it.
    /// </summary>
    private static readonly ZoneLocalMappingResolver FirstMoment =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>The first beginning of a period after a moment.</summary>
    public static DateTimeOffset NextAfter(RefillPolicy policy, DateTimeOffset moment)
    {
        var zone = DateTimeZoneProviders.Tzdb[policy.TimeZone];
        var today = Instant.FromDateTimeOffset(moment).InZone(zone).Date;

        // A zone that skips a whole day, or a midnight, may push a beginning past the candidate: then the next one is it.
        for (var day = FirstCandidate(policy, today); ; day = Following(policy, day))
        {
            var begins = zone.ResolveLocal(day.AtMidnight(), FirstMoment).ToInstant().ToDateTimeOffset();
            if (begins > moment)
            {
                return begins;
            }
        }
    }

    /// <summary>How many periods begin after one moment, up to and including another; stops counting at <paramref name="most"/>.</summary>
    public static int CountBetween(RefillPolicy policy, DateTimeOffset firstDue, DateTimeOffset moment, int most)
    {
        var count = 0;
        for (var due = firstDue; due <= moment && count < most; due = NextAfter(policy, due))
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether there is a time zone of this IANA name. The names come with the app, so they are the same on every machine.</summary>
    public static bool IsTimeZone(string name) => TzdbDateTimeZoneSource.Default.CanonicalIdMap.ContainsKey(name);

    private static LocalDate FirstCandidate(RefillPolicy policy, LocalDate today) => policy.Period switch
    {
        RefillPeriod.Daily => today,
        RefillPeriod.Weekly => today.With(DateAdjusters.NextOrSame((IsoDayOfWeek)policy.AnchorDay)),
        _ => InMonthOf(today, policy.AnchorDay),
    };

    private static LocalDate Following(RefillPolicy policy, LocalDate day) => policy.Period switch
    {
        RefillPeriod.Daily => day.PlusDays(1),
        RefillPeriod.Weekly => day.PlusWeeks(1),
        _ => InMonthOf(day.PlusMonths(1), policy.AnchorDay),
    };

    private static LocalDate InMonthOf(LocalDate date, int day) =>
        new(date.Year, date.Month, Math.Min(day, date.Calendar.GetDaysInMonth(date.Year, date.Month)));
}
