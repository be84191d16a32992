using NCrontab;
using NodaTime;
using NodaTime.TimeZones;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>When reports are due: crontab expressions of six fields, the first of which is the second, in a time zone.</summary>
internal static class ReportSchedule
{
    /// <summary>The longest expression, in characters.</summary>
    public const int MaxLength = 100;

    // A 29th of February on a given day of the week comes at least this often
    private const int YearsToSearch = 41;

    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

    /// <summary>True for an expression of six fields.</summary>
    public static bool IsValid(string text) => text.Length <= MaxLength && CrontabSchedule.TryParse(text, WithSeconds) is not null;

    /// <summary>
    /// The first time after a moment; null for never. A time that spring leaves out is as much later as the clock was put forward; of one that
    /// comes twice in autumn the first counts.
    /// </summary>
    public static DateTimeOffset? NextAfter(string expression, DateTimeZone zone, DateTimeOffset moment)
    {
        var schedule = CrontabSchedule.Parse(expression, WithSeconds);
        var wall = Instant.FromDateTimeOffset(moment).InZone(zone).ToDateTimeUnspecified();
        var end = wall.AddYears(YearsToSearch);
        for (var next = schedule.GetNextOccurrence(wall, end); next < end; next = schedule.GetNextOccurrence(next, end))
        {
            var due = zone.ResolveLocal(LocalDateTime.FromDateTime(next), Resolvers.LenientResolver).ToDateTimeOffset();
            if (due > moment)
            {
                return due;
            }
        }

        return null;
    }
}
