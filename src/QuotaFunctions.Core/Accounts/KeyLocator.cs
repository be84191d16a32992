namespace QuotaFunctions.Core.Accounts;

/// <summary>Where a key's record stands: its account (the partition) and its id.</summary>
/// <remarks>
/// The account follows from the id alone, so that no look-up is ever needed: a key of its own
/// (<c>key_{own}</c>) is its own account, a key in a pool (<c>key_{pool}_{own}</c>) belongs to the
/// account <c>pool_{pool}</c>.
/// </remarks>
/// <param name="AccountId">The partition that the charges are taken from.</param>
/// <param name="KeyId">The key's id, safe to print.</param>
public readonly record struct KeyLocator(string AccountId, string KeyId)
{
    private const string KeyPrefix = "key_";
    private const string PoolPrefix = "pool_";
    private const int IdLength = 20;

    /// <summary>Makes the locator of a new key.</summary>
    /// <param name="poolId">The pool that the key draws on, or null for a key of its own.</param>
    public static KeyLocator New(string? poolId)
    {
        var own = Base62.Random(IdLength);
        if (poolId is null)
        {
            return new KeyLocator(KeyPrefix + own, KeyPrefix + own);
        }

        return new KeyLocator(poolId, PrefixOfKeysIn(poolId) + own);
    }

    /// <summary>Makes a new pool's id, which is its account's id, too.</summary>
    public static string NewPoolId() => PoolPrefix + Base62.Random(IdLength);

    /// <summary>What the ids of all keys in a pool begin with.</summary>
    public static string PrefixOfKeysIn(string poolId) => string.Concat(KeyPrefix, poolId.AsSpan(PoolPrefix.Length), "_");

    /// <summary>The account of a key; of a pool the pool itself.</summary>
    public static string AccountOf(string id) => TryParse(id, out var locator) ? locator.AccountId : id;

    /// <summary>True when the text has the form of a pool's id.</summary>
    public static bool IsPoolId(string text) =>
        text.StartsWith(PoolPrefix, StringComparison.Ordinal) && IsPart(text.AsSpan(PoolPrefix.Length));

    /// <summary>Reads a key's id. False when the text has not the form of one.</summary>
    public static bool TryParse(string? keyId, out KeyLocator locator)
    {
        locator = default;
        if (keyId is null || !keyId.StartsWith(KeyPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = keyId.AsSpan(KeyPrefix.Length);
        var separator = rest.IndexOf('_');
        if (separator < 0)
        {
            locator = new KeyLocator(keyId, keyId);
            return IsPart(rest);
        }

        locator = new KeyLocator(string.Concat(PoolPrefix, rest[..separator]), keyId);
        return IsPart(rest[..separator]) && IsPart(rest[(separator + 1)..]);
    }

    private static bool IsPart(ReadOnlySpan<char> text) => text.Length == IdLength && Base62.IsBase62(text);
}
