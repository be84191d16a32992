using System.Buffers.Text;
using System.Globalization;
using System.Text;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Keys;

/// <summary>By what a list of keys is sorted.</summary>
public enum KeySort
{
    /// <summary>By account: an order that no new key changes, and that has the keys of a pool together.</summary>
    Account,

    /// <summary>By name, from A to Z, in any letter case.</summary>
    Name,

    /// <summary>By the part of the quota that is used, the largest first.</summary>
    Used,

    /// <summary>By what is left, the least first.</summary>
    Remaining,

    /// <summary>By the last use, the latest first.</summary>
    LastUsed,

    /// <summary>By when they were made, the latest first.</summary>
    Created,
}

/// <summary>Where a key stands in a sorted list. A list goes on behind it though the key be gone, or stand elsewhere by then.</summary>
/// <param name="Sort">By what the list is sorted.</param>
/// <param name="Figure">What comes first: the smallest is at the head of the list.</param>
/// <param name="Text">What comes second.</param>
/// <param name="Id">The key's id, which decides where all else is equal.</param>
public readonly record struct KeyPlace(KeySort Sort, double Figure, string Text, string Id)
{
    /// <summary>The longest cursor: a name has up to 200 characters of up to three bytes, in Base64.</summary>
    public const int MaxCursorLength = 1000;

    private const char Separator = '\n';

    /// <summary>The order of the places in one list.</summary>
    internal static readonly IComparer<KeyPlace> InOrder = Comparer<KeyPlace>.Create(static (place, other) =>
    {
        var byFigure = place.Figure.CompareTo(other.Figure);
        if (byFigure != 0)
        {
            return byFigure;
        }

        var byText = string.Compare(place.Text, other.Text, place.Sort == KeySort.Name ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        return byText != 0 ? byText : string.CompareOrdinal(place.Id, other.Id);
    });

    /// <summary>Reads a cursor. False where it is none, or one of a list that is sorted by something else.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="sort">By what the list is sorted.</param>
    /// <param name="place">The place.</param>
    public static bool TryParse(string? cursor, KeySort sort, out KeyPlace place)
    {
        place = default;
        if (cursor is null || !Base64Url.IsValid(cursor)
            || Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(Separator) is not [var by, var figure, var text, var id]
            || by != sort.ToString()
            || !double.TryParse(figure, CultureInfo.InvariantCulture, out var number)
            || !KeyLocator.TryParse(id, out _))
        {
            return false;
        }

        place = new KeyPlace(sort, number, text, id);
        return true;
    }

    /// <summary>What <see cref="TryParse"/> reads.</summary>
    public string ToCursor() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Sort}{Separator}{Figure}{Separator}{Text}{Separator}{Id}")));

    /// <summary>The place of a key. What is not known of it, or never was, comes last.</summary>
    /// <param name="key">What the index says of it.</param>
    /// <param name="sort">By what the list is sorted.</param>
    /// <param name="standing">How it stands, where the list is sorted by that.</param>
    internal static KeyPlace Of(IndexedKey key, KeySort sort, KeyStanding? standing) => sort switch
    {
        KeySort.Name => new KeyPlace(sort, 0, key.Name, key.Id),
        KeySort.Created => new KeyPlace(sort, -(key.CreatedAt ?? 0), "", key.Id),
        KeySort.Used => new KeyPlace(sort, standing?.Limit is { } limit ? (limit > 0 ? -(double)standing.Used / limit : -1) : 1, "", key.Id),
        KeySort.Remaining => new KeyPlace(sort, (double?)QuotaAmount.Of(standing?.Remaining, key.Unit ?? QuotaUnit.Requests) ?? double.PositiveInfinity, "", key.Id),
        KeySort.LastUsed => new KeyPlace(sort, -(standing?.LastUsedAt?.ToUnixTimeMilliseconds() ?? 0), "", key.Id),
        _ => new KeyPlace(sort, 0, KeyLocator.AccountOf(key.Id), key.Id),
    };
}
