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
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = size <= 1024 ? stackalloc byte[size] : new byte[size];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Volatile.Read(ref _key), bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
        return Convert.ToBase64String(hash);
    }
}
