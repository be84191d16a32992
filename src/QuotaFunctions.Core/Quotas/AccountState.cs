using System.Collections.Immutable;
using System.Net;
using Azure;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas;

/// <summary>The end of an account's ledger: the commit that was decided last.</summary>
/// <param name="Sequence">Its number, 0 before the first.</param>
/// <param name="CommitId">Its id, by which a commit with an unclear answer is known again.</param>
/// <param name="At">When it was decided; the account's clock never goes back behind it.</param>
internal readonly record struct LedgerHead(long Sequence, Guid CommitId, DateTimeOffset At);

/// <summary>An account as it was read or committed last. Never changed: a <see cref="CommitDraft"/> works on copies.</summary>
internal sealed class AccountState
{
    public required string AccountId { get; init; }

    public required LedgerHead Head { get; init; }

    /// <summary>The pool, in an account that several keys share; its row carries the head. Null for a key of its own.</summary>
    public PoolState? Pool { get; init; }

    /// <summary>The keys that were read so far: of a pool only those that were asked for. A key that is not there is null.</summary>
    public required ImmutableDictionary<string, KeyState?> Keys { get; init; }

    /// <summary>The service's time when this was known to be the account, to the second.</summary>
    public DateTimeOffset ServiceTime { get; init; }

    /// <summary>The same account, with more of its keys.</summary>
    public AccountState With(IEnumerable<KeyValuePair<string, KeyState?>> keys) =>
        new() { AccountId = AccountId, Head = Head, Pool = Pool, Keys = Keys.SetItems(keys), ServiceTime = ServiceTime };
}

/// <summary>A key's record with its counters.</summary>
internal sealed class KeyState
{
    private IPNetwork[]? _allowedNetworks;

    public required KeyLocator Locator { get; init; }

    public required string Prefix { get; init; }

    /// <summary>What was set; the quota in it is the one at the last change, the meter's is the one that counts.</summary>
    public required KeySettings Settings
    {
        get;
        set
        {
            field = value;
            _allowedNetworks = null;
        }
    }

    public KeyStatus Status { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public required IReadOnlyList<SecretHash> Secrets { get; set; }

    public required Meter Meter { get; set; }

    public required RateWindow Rate { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where more than counters changed since <see cref="Version"/>.</summary>
    public bool RecordChanged { get; set; }

    public bool HasSecret(string hash, DateTimeOffset now)
    {
        foreach (var secret in Secrets)
        {
            if (secret.Hash == hash && secret.IsLive(now))
            {
                return true;
            }
        }

        return false;
    }

    public bool Allows(IPAddress? address)
    {
        if (Settings.AllowedIps.Count == 0)
        {
            return true;
        }

        _allowedNetworks ??= [.. Settings.AllowedIps.Select(AddressRange.Parse)];
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && Array.Exists(_allowedNetworks, network => network.Contains(plain));
    }

    public KeyState Clone()
    {
        var copy = (KeyState)MemberwiseClone();
        copy.Meter = Meter.Clone();
        copy.Rate = Rate.Clone();
        copy.RecordChanged = false;
        return copy;
    }

    /// <summary>The key as others see it, with what is due at that moment applied.</summary>
    public ApiKey ToApiKey(PoolState? pool, DateTimeOffset now) => new()
    {
        Locator = Locator,
        Prefix = Prefix,
        Settings = Settings with { Quota = Meter.Quota },
        Status = Status,
        CreatedAt = CreatedAt,
        LastUsedAt = LastUsedAt,
        Secrets = Secrets,
        Quota = QuotaRules.Snapshot(this, pool, now),
    };
}

/// <summary>A pool's record with its counters.</summary>
internal sealed class PoolState
{
    public required string Id { get; init; }

    public required PoolSettings Settings { get; set; }

    public KeyStatus Status { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required Meter Meter { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where more than counters changed since <see cref="Version"/>.</summary>
    public bool RecordChanged { get; set; }

    /// <summary>The pool as others see it, with a refill that is due at that moment.</summary>
    public Pool ToPool(DateTimeOffset now) => new()
    {
        Id = Id,
        Settings = Settings with { Quota = Meter.Quota },
        Status = Status,
        CreatedAt = CreatedAt,
        Quota = QuotaRules.Snapshot(this, now),
    };

    public PoolState Clone()
    {
        var copy = (PoolState)MemberwiseClone();
        copy.Meter = Meter.Clone();
        copy.RecordChanged = false;
        return copy;
    }
}
