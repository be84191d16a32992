using System.Globalization;
using NCrontab;

namespace QuotaFunctions.LocalHost.Timers;

/// <summary>When a timer is due: a crontab expression as the Functions host reads it, or a fixed interval.</summary>
internal abstract class TimerSchedule
{
    /// <summary>Reads an expression of six fields (the first is the second) or five, or a <see cref="TimeSpan"/>.</summary>
    /// <exception cref="FormatException">It is none of these; the message says what is wrong.</exception>
    public static TimerSchedule Parse(string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        if (fields > 1)
        {
            try
            {
                return new Crontab(CrontabSchedule.Parse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields != 5 }));
            }
            catch (CrontabException exception)
            {
                throw new FormatException($"'{text}': {exception.Message}", exception);
            }
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero
            ? new FixedInterval(interval)
            : throw new FormatException($"'{text}' is neither a crontab expression nor a time span");
    }

    /// <summary>The first time after <paramref name="now"/>; null when there is none.</summary>
    /// <param name="now">The moment from which to look.</param>
    /// <param name="zone">The time zone in which a crontab expression is meant.</param>
    public abstract DateTimeOffset? NextAfter(DateTimeOffset now, TimeZoneInfo zone);

    private sealed class FixedInterval(TimeSpan interval) : TimerSchedule
    {
        public override DateTimeOffset? NextAfter(DateTimeOffset now, TimeZoneInfo zone) => now + interval;
    }

    /// <summary>The expression knows no time zones. In the hour that comes twice in autumn, only its first pass counts.</summary>
    private sealed class Crontab(CrontabSchedule schedule) : TimerSchedule
    {
        // A 29th of February on a given day of the week comes at least this often
        private const int YearsToSearch = 41;

        public override DateTimeOffset? NextAfter(DateTimeOffset now, TimeZoneInfo zone)
        {
            var wall = TimeZoneInfo.ConvertTime(now, zone).DateTime;
            var end = wall.AddYears(YearsToSearch);
            for (var next = schedule.GetNextOccurrence(wall, end); next < end; next = schedule.GetNextOccurrence(next, end))
            {
                // A time that spring leaves out has its offset of before, which puts it as much later as the clock was put forward
                var offset = zone.IsAmbiguousTime(next) ? zone.GetAmbiguousTimeOffsets(next).Max() : zone.GetUtcOffset(next);
                var moment = new DateTimeOffset(next, offset);
                if (moment > now)
                {
                    return moment;
                }
            }

            return null;
        }
    }
}
