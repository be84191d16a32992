using System.Globalization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Where reading the log of all keys goes on.</summary>
/// <remarks>As text: <c>{ticks}.{key}.{charge}</c>, or <c>{ticks}</c> alone, and <c>.{rows}</c> where rows of earlier pages are to be skipped yet.</remarks>
/// <param name="Ticks">The moment (UTC) of the last charge that was looked at; without a charge, everything from this moment on was.</param>
/// <param name="KeyId">Whose it was; empty without a charge.</param>
/// <param name="Id">Which it was.</param>
/// <param name="Skip">How many wanted rows behind it belong to earlier pages, 0 or more.</param>
public readonly record struct AuditIndexCursor(long Ticks, string KeyId, ChargeId Id, long Skip)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Ticks}{(KeyId.Length == 0 ? "" : $".{KeyId}.{Id}")}{(Skip == 0 ? "" : $".{Skip}")}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string? text, out AuditIndexCursor cursor)
    {
        var parts = text?.Split('.') ?? [];
        var (keyId, id, skip) = ("", default(ChargeId), 0L);
        var isCursor = parts.Length is >= 1 and <= 4
            & IsNumber(parts.ElementAtOrDefault(0), out var ticks)
            && (parts.Length < 3 || (KeyLocator.TryParse(keyId = parts[1], out _) | KeyLocator.IsPoolId(keyId) && ChargeId.TryParse(parts[2], out id)))
            && (parts.Length % 2 == 1 || IsNumber(parts[^1], out skip));
        cursor = new AuditIndexCursor(ticks, keyId, id, skip);
        return isCursor && ticks <= DateTime.MaxValue.Ticks && cursor.ToString() == text;
    }

    private static bool IsNumber(string? text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
