using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Ids of what is kept by time: in their order the newest is first, and the month that something is kept in follows from its id.</summary>
public static partial class NewestFirstId
{
    /// <summary>A new id.</summary>
    /// <param name="at">When it began.</param>
    public static string New(DateTimeOffset at) => Of(at, $"{Guid.NewGuid():N}");

    /// <summary>The id that a name stands for: the same for the same moment and name, so that something is made once.</summary>
    /// <param name="at">A moment that belongs to the name, such as the end of the period.</param>
    /// <param name="name">The name, such as a subscription's id with the period.</param>
    public static string Of(DateTimeOffset at, string name) =>
        $"{Inverted(at)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16))}";

    /// <summary>True for what has the form of such an id.</summary>
    public static bool IsId(string text) =>
        Id().IsMatch(text) && long.TryParse(text.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.Ticks;

    /// <summary>The moment of an id.</summary>
    internal static DateTimeOffset At(string id) => new(DateTimeOffset.MaxValue.Ticks - Ticks(id), TimeSpan.Zero);

    /// <summary>What is smaller than every id from before a moment, and greater than all others.</summary>
    internal static string Before(DateTimeOffset moment) => $"{Inverted(moment)}.";

    /// <summary>The name of a moment's month, which is smaller for a later one.</summary>
    internal static string Month(DateTimeOffset at) =>
        (999999 - (at.UtcDateTime.Year * 100) - at.UtcDateTime.Month).ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>A moment as names of rows have it where the newest comes first.</summary>
    internal static string Inverted(DateTimeOffset at) => (DateTimeOffset.MaxValue.Ticks - at.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);

    private static long Ticks(string id) => long.Parse(id.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[0-9]{19}-[0-9a-f]{32}\z")]
    private static partial Regex Id();
}
