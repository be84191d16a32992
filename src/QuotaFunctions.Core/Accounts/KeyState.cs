using System.Net;
using Azure;

namespace QuotaFunctions.Core.Accounts;

/// <summary>A key's record with its counters.</summary>
internal sealed class KeyState
{
    private IPNetwork[]? _allowedNetworks;

    public required KeyLocator Locator { get; init; }

    public required string Prefix { get; init; }

    /// <summary>What was set; the quota in it is the one at the last change, the balance's is the one that counts.</summary>
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

    public required QuotaBalance Balance { get; set; }

    public required RateWindow Rate { get; set; }

    /// <summary>
    /// Calls under way: forwarded charges that are holds and not settled yet. Null where the key never had one, so that such a key's row does not have it.
    /// </summary>
    public int? OpenCalls { get; set; }

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

    /// <summary>Takes a charge.</summary>
    /// <param name="cost">In units.</param>
    /// <param name="isHold">Whether it is held until it is settled.</param>
    /// <param name="isCall">Whether it is for a forwarded request: as a hold it is a call under way.</param>
    /// <param name="at">When, by the account's clock.</param>
    public void Take(long cost, bool isHold, bool isCall, DateTimeOffset at)
    {
        Balance.Take(cost, isHold);
        LastUsedAt = at;
        if (isHold && isCall)
        {
            OpenCalls = (OpenCalls ?? 0) + 1;
        }

        if (Settings.RateLimitPerMinute is { } limit)
        {
            var atMs = at.ToUnixTimeMilliseconds();
            Rate.Forget(atMs);
            Rate.Add(atMs, limit);
        }
    }

    /// <summary>Settles a charge: see <see cref="QuotaBalance.Settle"/>.</summary>
    public long Settle(LedgerPosition charge, long cost, bool isHold, bool isCall, long finalCost)
    {
        if (isHold && isCall && OpenCalls > 0)
        {
            OpenCalls--;
        }

        return Balance.Settle(charge, cost, isHold, finalCost);
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
        copy.Balance = Balance.Clone();
        copy.Rate = Rate.Clone();
        copy.RecordChanged = false;
        return copy;
    }

    /// <summary>The key as others see it, with what is due at that moment applied.</summary>
    public ApiKey ToApiKey(PoolState? pool, DateTimeOffset now) => new()
    {
        Locator = Locator,
        Prefix = Prefix,
        Settings = Settings with { Quota = Balance.Quota },
        Status = Status,
        CreatedAt = CreatedAt,
        LastUsedAt = LastUsedAt,
        Secrets = Secrets,
        Quota = QuotaRules.Snapshot(this, pool, now),
    };
}
