using System.Globalization;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.AdminAudit;

/// <summary>The keys of the table: months and actions, both the newest first. The month follows from the action's id.</summary>
public static partial class AdminAuditKeys
{
    /// <summary>A new id for an action.</summary>
    internal static string NewId(DateTimeOffset at) => $"{Inverted(at)}-{Guid.NewGuid():N}";

    /// <summary>True for what has the form of an action's id.</summary>
    public static bool IsId(string text) =>
        Id().IsMatch(text) && long.TryParse(text.AsSpan(0, 19), CultureInfo.InvariantCulture, out var inverted) && inverted <= DateTimeOffset.MaxValue.Ticks;

    /// <summary>When the action with this id began.</summary>
    internal static DateTimeOffset At(string id) =>
        new(DateTimeOffset.MaxValue.Ticks - long.Parse(id.AsSpan(0, 19), CultureInfo.InvariantCulture), TimeSpan.Zero);

    /// <summary>What is smaller than the id of every action before a moment, and greater than all others.</summary>
    internal static string Before(DateTimeOffset moment) => $"{Inverted(moment)}.";

    /// <summary>The partition of a moment's month.</summary>
    internal static string Month(DateTimeOffset at) =>
        (999999 - (at.UtcDateTime.Year * 100) - at.UtcDateTime.Month).ToString("D6", CultureInfo.InvariantCulture);

    private static string Inverted(DateTimeOffset at) => (DateTimeOffset.MaxValue.Ticks - at.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[0-9]{19}-[0-9a-f]{32}\z")]
    private static partial Regex Id();
}
