using System.Numerics;
using System.Security.Cryptography;

namespace QuotaFunctions.Core.Accounts;

/// <summary>Digits and letters: text that a double click selects whole and that no URL, shell or log has to escape.</summary>
internal static class Base62
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Text of the given length from the system's cryptographic source.</summary>
    public static string Random(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    /// <summary>Writes a number, most significant digit first, padded with zeros to the length given.</summary>
    public static string Encode(ReadOnlySpan<byte> bigEndian, int length)
    {
        var value = new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true);
        return string.Create(length, value, static (span, number) =>
        {
            for (var i = span.Length - 1; i >= 0; i--)
            {
                number = BigInteger.DivRem(number, Alphabet.Length, out var digit);
                span[i] = Alphabet[(int)digit];
            }
        });
    }

    public static bool IsBase62(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
