using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Http;

/// <summary>Reads the Idempotency-Key of a request.</summary>
public static class Idempotency
{
    /// <summary>The request's header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The answer's header, <c>true</c> where the key had been charged before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>What is said of a header that is not good.</summary>
    public const string Rule = "must be one value of 1 to 255 printable ASCII characters.";

    /// <summary>The longest key, in characters.</summary>
    public const int MaxLength = 255;

    /// <summary>The claim that a request makes; null where it makes none. False where the header is not good.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">What it asks for, as method and address or path.</param>
    /// <param name="body">Its whole body.</param>
    /// <param name="claim">The claim.</param>
    public static bool TryRead(HttpRequest request, string target, ReadOnlySpan<byte> body, out IdempotencyClaim? claim)
    {
        ArgumentNullException.ThrowIfNull(request);
        claim = null;
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return true;
        }

        if (values is not [{ Length: > 0 and <= MaxLength } key] || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(target));
        hash.AppendData("\n"u8);
        hash.AppendData(body);
        claim = new IdempotencyClaim(key, Convert.ToHexStringLower(hash.GetHashAndReset()));
        return true;
    }
}
