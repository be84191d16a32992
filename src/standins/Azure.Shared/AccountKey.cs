using System.Security.Cryptography;
using System.Text;

namespace QuotaFunctions.StandIns;

/// <summary>An account key that may be replaced while requests are being signed.</summary>
internal sealed class AccountKey(string base64)
{
    private byte[] _key = Convert.FromBase64String(base64);

    public void Set(string base64) => Volatile.Write(ref _key, Convert.FromBase64String(base64));

    public string Sign(string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Volatile.Read(ref _key), Encoding.UTF8.GetBytes(text), hash);
        return Convert.ToBase64String(hash);
    }
}
