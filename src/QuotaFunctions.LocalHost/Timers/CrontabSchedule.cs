using System.Globalization;
using System.Numerics;

namespace QuotaFunctions.LocalHost.Timers;

/// <summary>
/// A crontab expression as the Functions host reads it: second (may be left out: 0), minute, hour, day, month, day of week
/// (0 is Sunday). A field is <c>*</c>, a value, a name, a range, any of them with a step, or a list. Day and day of week must
/// both fit. In the hour that comes twice in autumn, only its first pass counts.
/// </summary>
internal sealed class CrontabSchedule : TimerSchedule
{
    // A 29th of February on a given day of the week comes at least this often.
    private const int YearsToSearch = 41;

    private readonly ulong _seconds;
    private readonly ulong _minutes;
    private readonly ulong _hours;
    private readonly ulong _days;
    private readonly ulong _months;
    private readonly ulong _daysOfWeek;

    private CrontabSchedule(string[] fields)
    {
        _seconds = fields.Length == 6 ? Field.Second.Parse(fields[0]) : 1;
        _minutes = Field.Minute.Parse(fields[^5]);
        _hours = Field.Hour.Parse(fields[^4]);
        _days = Field.Day.Parse(fields[^3]);
        _months = Field.Month.Parse(fields[^2]);
        _daysOfWeek = Field.DayOfWeek.Parse(fields[^1]);
    }

    /// <summary>Reads an expression of six or five fields.</summary>
    /// <exception cref="FormatException">It is malformed; the message says where.</exception>
    public static new CrontabSchedule Parse(string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length is 5 or 6
            ? new CrontabSchedule(fields)
            : throw new FormatException($"'{text}' must have six fields (second, minute, hour, day, month, day of week), or five without the seconds");
    }

    /// <inheritdoc/>
    public override DateTimeOffset? NextAfter(DateTimeOffset now, TimeZoneInfo zone)
    {
        var wall = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        while (NextAfter(wall) is { } next)
        {
            // A time that spring leaves out has its offset of before, which puts it as much later as the clock was put forward.
            var offset = zone.IsAmbiguousTime(next) ? zone.GetAmbiguousTimeOffsets(next).Max() : zone.GetUtcOffset(next);
            var moment = new DateTimeOffset(next, offset);
            if (moment > now)
            {
                return moment;
            }

            wall = next;
        }

        return null;
    }

    private DateTime? NextAfter(DateTime wall)
    {
        var time = new DateTime(wall.Year, wall.Month, wall.Day, wall.Hour, wall.Minute, wall.Second).AddSeconds(1);
        for (var lastYear = Math.Min(time.Year + YearsToSearch, 9998); time.Year <= lastYear;)
        {
            if (!Has(_months, time.Month))
            {
                time = new DateTime(time.Year, time.Month, 1).AddMonths(1);
            }
            else if (!Has(_days, time.Day) || !Has(_daysOfWeek, (int)time.DayOfWeek))
            {
                time = time.Date.AddDays(1);
            }
            else if (First(_hours, time.Hour) is not { } hour)
            {
                time = time.Date.AddDays(1);
            }
            else if (hour > time.Hour)
            {
                time = time.Date.AddHours(hour);
            }
            else if (First(_minutes, time.Minute) is not { } minute)
            {
                time = time.Date.AddHours(time.Hour + 1);
            }
            else if (minute > time.Minute)
            {
                time = time.Date.AddHours(time.Hour).AddMinutes(minute);
            }
            else if (First(_seconds, time.Second) is { } second)
            {
                return time.AddSeconds(second - time.Second);
            }
            else
            {
                time = time.AddSeconds(60 - time.Second);
            }
        }

        return null;
    }

    private static bool Has(ulong set, int value) => (set & (1UL << value)) != 0;

    private static int? First(ulong set, int from) => (set >> from) is var rest and not 0 ? from + BitOperations.TrailingZeroCount(rest) : null;

    /// <summary>One of the six fields: the values that it can take, and how they are written. A set of values is a set of bits.</summary>
    private sealed record Field(string Name, int Min, int Max, params string[] Names)
    {
        public static readonly Field Second = new("second", 0, 59);
        public static readonly Field Minute = new("minute", 0, 59);
        public static readonly Field Hour = new("hour", 0, 23);
        public static readonly Field Day = new("day", 1, 31);
        public static readonly Field Month = new("month", 1, 12, DateTimeFormatInfo.InvariantInfo.MonthNames);
        public static readonly Field DayOfWeek = new("day of week", 0, 6, DateTimeFormatInfo.InvariantInfo.DayNames);

        public ulong Parse(string text) => text.Split(',').Aggregate(0UL, (set, part) => set | ParsePart(part));

        private ulong ParsePart(string text)
        {
            var step = 1;
            var range = text;
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            var hasStep = slash > 0;
            if (hasStep)
            {
                range = text[..slash];
                step = Math.Max(1, ParseNumber(text[(slash + 1)..]));
            }

            var (first, last) = ParseRange(range, hasStep);
            var set = 0UL;
            for (var value = Math.Min(first, last); value <= Math.Max(first, last); value += step)
            {
                set |= 1UL << value;
            }

            return set;
        }

        private (int First, int Last) ParseRange(string text, bool hasStep)
        {
            if (text == "*")
            {
                return (Min, Max);
            }

            if (text.IndexOf('-', StringComparison.Ordinal) is var dash and > 0)
            {
                return (ParseValue(text[..dash]), ParseValue(text[(dash + 1)..]));
            }

            var value = ParseValue(text);
            return (value, hasStep ? Max : value);
        }

        private int ParseValue(string text)
        {
            var value = text.Length > 0 && Array.FindIndex(Names, name => name.StartsWith(text, StringComparison.OrdinalIgnoreCase)) is var index and >= 0
                ? index + Min
                : ParseNumber(text);
            return value >= Min && value <= Max
                ? value
                : throw new FormatException($"'{text}' is not a {Name}: it must be {Min} to {Max}");
        }

        private int ParseNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"'{text}' is not a {Name}");
    }
}
