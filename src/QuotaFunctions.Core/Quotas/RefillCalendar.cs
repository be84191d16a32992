using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas;

/// <summary>When the periods of a refill begin: at local midnight, whatever daylight saving and short months do to it.</summary>
internal static class RefillCalendar
{
    /// <summary>The first beginning of a period after a moment.</summary>
    public static DateTimeOffset NextAfter(RefillPolicy policy, DateTimeOffset moment)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);

        // A zone that skips a whole day, or a midnight, may push a beginning past the candidate: then the next one is it.
        for (var day = FirstCandidate(policy, today); ; day = Following(policy, day))
        {
            var begins = Midnight(day, zone);
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

    private static DateOnly FirstCandidate(RefillPolicy policy, DateOnly today) => policy.Period switch
    {
        RefillPeriod.Daily => today,
        RefillPeriod.Weekly => today.AddDays((policy.AnchorDay - IsoDay(today) + 7) % 7),
        _ => InMonth(today.Year, today.Month, policy.AnchorDay),
    };

    private static DateOnly Following(RefillPolicy policy, DateOnly day)
    {
        switch (policy.Period)
        {
            case RefillPeriod.Daily:
                return day.AddDays(1);
            case RefillPeriod.Weekly:
                return day.AddDays(7);
            default:
                var next = new DateOnly(day.Year, day.Month, 1).AddMonths(1);
                return InMonth(next.Year, next.Month, policy.AnchorDay);
        }
    }

    private static int IsoDay(DateOnly day) => day.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)day.DayOfWeek;

    private static DateOnly InMonth(int year, int month, int day) => new(year, month, Math.Min(day, DateTime.DaysInMonth(year, month)));

    /// <summary>The first moment of a local day: after the gap where midnight is skipped, the earlier one where it comes twice.</summary>
    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
