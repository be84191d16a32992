using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Keys;

/// <summary>
/// What the index says of a key or a pool: no more than what lists filter and sort by, and what usage needs of a key that was not used yet.
/// It is small, so when a key was made is in seconds since 1970.
/// </summary>
internal sealed record IndexedKey(
    [property: JsonPropertyName("i")] string Id,
    [property: JsonPropertyName("n")] string Name,
    [property: JsonPropertyName("t")] string? Tenant,
    [property: JsonPropertyName("s")] KeyStatus Status,
    [property: JsonPropertyName("e")] DateTimeOffset? ExpiresAt,
    [property: JsonPropertyName("u")] QuotaUnit? Unit = null,
    [property: JsonPropertyName("q")] long? Quota = null,
    [property: JsonPropertyName("r")] long? Refill = null,
    [property: JsonPropertyName("c")] long? CreatedAt = null)
{
    /// <summary>What it says of a key with this record. The quota is the one that was set last; top-ups are not in it.</summary>
    public static IndexedKey Of(KeyState key) => new(
        key.Locator.KeyId,
        key.Settings.Name,
        key.Settings.Tenant,
        key.Status,
        key.Settings.ExpiresAt,
        key.Settings.Unit,
        key.Settings.QuotaType == QuotaType.Time ? null : key.Settings.Quota,
        key.Settings.Refill?.Amount,
        key.CreatedAt.ToUnixTimeSeconds());

    /// <summary>What it says of a pool with this record.</summary>
    public static IndexedKey Of(PoolState pool) => new(pool.Id, pool.Settings.Name, pool.Settings.Tenant, pool.Status, ExpiresAt: null, pool.Settings.Unit);
}

/// <summary>The rows of the index: a fixed number of buckets, each with all of its keys, packed.</summary>
internal static class KeyIndexEntity
{
    /// <summary>Where the intents are: acts that may change what the index says, and are not finished.</summary>
    public const string Intents = "intent";

    /// <summary>The property that is another one after every write.</summary>
    public const string Version = "Version";

    /// <summary>A binary property holds 64 KiB; a row 1 MiB, for Azurite of Base64.</summary>
    private const int MaxPart = 60 * 1024;
    private const int MaxParts = 12;

    /// <summary>The bucket of an id, 00 to ff. It never changes.</summary>
    public static string BucketOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 1));

    /// <summary>A bucket's row. Its name is its partition's: no other row has it.</summary>
    /// <exception cref="InvalidOperationException">It has more keys than a row holds, which are more than twenty thousand.</exception>
    public static TableEntity Of(string bucket, IReadOnlyList<IndexedKey> keys)
    {
        var row = new TableEntity(bucket, bucket) { [Version] = Guid.NewGuid() };
        var packed = Pack(keys);
        if (packed.Length > MaxPart * MaxParts)
        {
            throw new InvalidOperationException($"Bucket {bucket} of the index of keys is full.");
        }

        for (var part = 0; part * MaxPart < packed.Length; part++)
        {
            row[Part(part)] = packed.AsSpan(part * MaxPart, Math.Min(MaxPart, packed.Length - (part * MaxPart))).ToArray();
        }

        return row;
    }

    public static IReadOnlyList<IndexedKey> ToKeys(TableEntity row)
    {
        using var packed = new MemoryStream();
        for (var part = 0; row.GetBinary(Part(part)) is { } bytes; part++)
        {
            packed.Write(bytes);
        }

        packed.Position = 0;
        using var plain = new BrotliStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize(plain, IndexJson.Default.IReadOnlyListIndexedKey)!;
    }

    private static byte[] Pack(IReadOnlyList<IndexedKey> keys)
    {
        using var packed = new MemoryStream();
        using (var plain = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            JsonSerializer.Serialize(plain, keys, IndexJson.Default.IReadOnlyListIndexedKey);
        }

        return packed.ToArray();
    }

    private static string Part(int number) => $"Keys{number}";
}

/// <summary>The JSON of the index.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<IndexedKey>))]
internal sealed partial class IndexJson : JsonSerializerContext;
