using System.Globalization;

namespace QuotaFunctions.LocalHost.Timers;

/// <summary>When a timer is due: a crontab expression, or a fixed interval.</summary>
internal abstract class TimerSchedule
{
    /// <summary>Reads an expression of six or five fields, or a <see cref="TimeSpan"/>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static TimerSchedule Parse(string text)
    {
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length > 1)
        {
            return CrontabSchedule.Parse(text);
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
}
