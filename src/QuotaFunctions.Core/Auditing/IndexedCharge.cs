using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>A charge or an act in the order of time over all keys. As text: <c>{ticks}.{key}.{charge}</c>.</summary>
/// <param name="Ticks">When it was admitted (UTC).</param>
/// <param name="KeyId">Whose.</param>
/// <param name="Id">Which.</param>
[SuppressMessage("Design", "CA1036:Override methods on comparable types", Justification = "It is only sorted.")]
internal readonly record struct IndexedCharge(long Ticks, string KeyId, ChargeId Id) : IComparable<IndexedCharge>
{
    /// <summary>The second in which it was admitted, since 1970.</summary>
    public long Second => new DateTimeOffset(Ticks, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>When a second begins.</summary>
    public static long StartOf(long second) => DateTimeOffset.FromUnixTimeSeconds(second).UtcTicks;

    /// <summary>The newest first.</summary>
    public int CompareTo(IndexedCharge other)
    {
        var byPlace = (other.Ticks, other.Id.Sequence, other.Id.Index).CompareTo((Ticks, Id.Sequence, Id.Index));
        return byPlace != 0 ? byPlace : string.CompareOrdinal(other.KeyId, KeyId);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Ticks}.{KeyId}.{Id}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string? text, out IndexedCharge charge)
    {
        charge = default;
        if (text?.Split('.') is not [var number, var key, var id]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || !ChargeId.TryParse(id, out var charged))
        {
            return false;
        }

        charge = new IndexedCharge(ticks, key, charged);
        return charge.ToString() == text;
    }
}
