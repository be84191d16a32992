using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Http;

/// <summary>Finds keys where they must not be: URLs end up in logs.</summary>
internal static class KeyInUrl
{
    // More than anybody decodes
    private const int MaxEncodings = 4;

    /// <summary>True when a URL, or part of one, holds a key of our form, however often it is percent-encoded.</summary>
    public static bool IsIn(string url)
    {
        for (var encodings = 0; encodings <= MaxEncodings; encodings++)
        {
            if (Holds(url))
            {
                return true;
            }

            var decoded = Uri.UnescapeDataString(url);
            if (decoded.Length == url.Length)
            {
                return false;
            }

            url = decoded;
        }

        return false;
    }

    private static bool Holds(string text)
    {
        for (var start = 0; start < text.Length; start++)
        {
            var end = start;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (KeySecret.MayBeOurs(text.AsSpan(start, end - start)) && KeySecret.TryParse(text[start..end], out _))
            {
                return true;
            }

            start = end;
        }

        return false;
    }
}
