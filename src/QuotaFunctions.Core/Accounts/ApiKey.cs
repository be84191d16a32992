namespace QuotaFunctions.Core.Accounts;

/// <summary>What a key's quota limits.</summary>
public enum QuotaType
{
    /// <summary>A number of units; an expiry may be set as well.</summary>
    Count,

    /// <summary>Unlimited until it expires; what is used is counted all the same.</summary>
    Time,

    /// <summary>A number of units, and an expiry: whichever comes first.</summary>
    Hybrid,
}

/// <summary>What one unit of quota stands for.</summary>
public enum QuotaUnit
{
    /// <summary>A request, at its cost (default 1).</summary>
    Requests,

    /// <summary>A token of a language model: an estimate is held, then adjusted to the usage that the upstream reports.</summary>
    Tokens,

    /// <summary>A micro-dollar, a millionth of a US dollar. Clients see dollars.</summary>
    Usd,
}

/// <summary>Whether a key may be used. Expiry is not a status: it follows from the clock.</summary>
public enum KeyStatus
{
    /// <summary>In use.</summary>
    Active,

    /// <summary>Refused until it is made active again.</summary>
    Disabled,

    /// <summary>Deleted: refused for ever; the record stays, for the books.</summary>
    Revoked,
}

/// <summary>The calendar period after which a quota is filled up again, in the key's time zone.</summary>
public enum RefillPeriod
{
    /// <summary>At midnight.</summary>
    Daily,

    /// <summary>At midnight of the anchor day, 1 (Monday) to 7 (Sunday).</summary>
    Weekly,

    /// <summary>At midnight of the anchor day, 1 to 31; in shorter months on their last day.</summary>
    Monthly,
}

/// <summary>How a quota is filled up again.</summary>
public sealed record RefillPolicy
{
    /// <summary>How often.</summary>
    public required RefillPeriod Period { get; init; }

    /// <summary>Units that each period grants, 1 to 1,000,000,000,000.</summary>
    public required long Amount { get; init; }

    /// <summary>IANA name of the time zone whose midnight counts.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Day on which the period begins: 1 to 7 for weekly, 1 to 31 for monthly; not used for daily.</summary>
    public int AnchorDay { get; init; } = 1;

    /// <summary>True keeps what was not used, up to <see cref="RolloverCap"/>; false lets it lapse.</summary>
    public bool Rollover { get; init; }

    /// <summary>The most units that a rolled-over quota may come to, at least <see cref="Amount"/>; null for twice the amount.</summary>
    public long? RolloverCap { get; init; }
}

/// <summary>One of a key's live secrets.</summary>
/// <param name="Hash">Its SHA-256, 64 lower-case hexadecimal digits.</param>
/// <param name="ExpiresAt">When it ceases to be good, after a rotation; null for the current one.</param>
public sealed record SecretHash(string Hash, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Whether it is still good.</summary>
    public bool IsLive(DateTimeOffset now) => !(ExpiresAt <= now);
}

/// <summary>What may be set of a key, at creation and later.</summary>
public sealed record KeySettings
{
    /// <summary>What people call it, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What is limited.</summary>
    public QuotaType QuotaType { get; init; }

    /// <summary>What one unit stands for.</summary>
    public QuotaUnit Unit { get; init; }

    /// <summary>Units in all, 0 to 1,000,000,000,000; not a limit for <see cref="QuotaType.Time"/>.</summary>
    public long Quota { get; init; }

    /// <summary>When the key ceases to be good; required unless <see cref="QuotaType.Count"/>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Requests in any 60 seconds, 1 to 100,000; null for no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>The most that one charge may cost, in units; null for the engine's own limit.</summary>
    public long? MaxCost { get; init; }

    /// <summary>Forwarded calls that may be under way at once, 1 to 10,000; null for no limit.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    public RefillPolicy? Refill { get; init; }

    /// <summary>Whom the key belongs to.</summary>
    public string? Tenant { get; init; }

    /// <summary>Where reports on it go.</summary>
    public string? Email { get; init; }

    /// <summary>Providers that it may use; empty for all.</summary>
    public IReadOnlyList<string> AllowedProviders { get; init; } = [];

    /// <summary>Models that it may use, <c>*</c> at the end stands for any ending; empty for all.</summary>
    public IReadOnlyList<string> AllowedModels { get; init; } = [];

    /// <summary>Addresses and networks (CIDR) that it may be used from; empty for all.</summary>
    public IReadOnlyList<string> AllowedIps { get; init; } = [];

    /// <summary>Whatever the key's issuer wants to keep with it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>A key: its settings, and how it stands at the moment of reading.</summary>
public sealed record ApiKey
{
    /// <summary>Id and account.</summary>
    public required KeyLocator Locator { get; init; }

    /// <summary>The key's id, safe to print.</summary>
    public string Id => Locator.KeyId;

    /// <summary>The pool that it draws on besides its own limit, or null.</summary>
    public string? PoolId => Locator.AccountId == Locator.KeyId ? null : Locator.AccountId;

    /// <summary>What its secrets begin with.</summary>
    public required string Prefix { get; init; }

    /// <summary>What was set.</summary>
    public required KeySettings Settings { get; init; }

    /// <summary>Whether it may be used.</summary>
    public KeyStatus Status { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last charged, or null.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The hashes of its live secrets, the newest first.</summary>
    public required IReadOnlyList<SecretHash> Secrets { get; init; }

    /// <summary>How its quota stands.</summary>
    public required QuotaSnapshot Quota { get; init; }
}
