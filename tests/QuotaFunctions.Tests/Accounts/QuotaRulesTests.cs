using System.Net;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>Who may be charged, and which reason goes before which.</summary>
public sealed class QuotaRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_reasons_go_in_order_unknown_revoked_expired_disabled()
    {
        var expired = new KeySettings { Name = "a", ExpiresAt = Now };
        Assert.Equal(ChargeRefusal.KeyInvalid, CheckStatus(null));
        Assert.Equal(ChargeRefusal.KeyInvalid, CheckStatus(Key(expired, KeyStatus.Revoked), secret: "another"));
        Assert.Equal(ChargeRefusal.KeyRevoked, CheckStatus(Key(expired, KeyStatus.Revoked)));
        Assert.Equal(ChargeRefusal.KeyExpired, CheckStatus(Key(expired, KeyStatus.Disabled)));
        Assert.Equal(ChargeRefusal.KeyDisabled, CheckStatus(Key(new KeySettings { Name = "a" }, KeyStatus.Disabled)));
        Assert.Null(CheckStatus(Key(new KeySettings { Name = "a", ExpiresAt = Now.AddTicks(1) })));
    }

    [Theory]
    [InlineData(KeyStatus.Revoked, ChargeRefusal.KeyRevoked)]
    [InlineData(KeyStatus.Disabled, ChargeRefusal.KeyDisabled)]
    public void A_pool_that_is_not_in_use_stops_its_keys(KeyStatus status, ChargeRefusal refusal)
    {
        var pool = new PoolState { Id = "p", Settings = new PoolSettings { Name = "p" }, Status = status, CreatedAt = Now, Balance = new QuotaBalance() };
        Assert.Equal(refusal, QuotaRules.CheckStatus(Key(new KeySettings { Name = "a" }), pool, "hash", Now));
    }

    [Fact]
    public void A_rotated_secret_is_good_until_its_overlap_ends()
    {
        var key = Key(new KeySettings { Name = "a" });
        key.Secrets = [new SecretHash("new"), new SecretHash("hash", Now)];

        Assert.Null(QuotaRules.CheckStatus(key, null, "hash", Now.AddTicks(-1)));
        Assert.Equal(ChargeRefusal.KeyInvalid, QuotaRules.CheckStatus(key, null, "hash", Now));
        Assert.Null(QuotaRules.CheckStatus(key, null, "new", DateTimeOffset.MaxValue));
    }

    [Theory]
    [InlineData("gpt-4o", "gpt-4o", null)]
    [InlineData("gpt-4o", "GPT-4O", null)]
    [InlineData("gpt-4o", "gpt-4o-mini", ChargeRefusal.ModelNotAllowed)]
    [InlineData("gpt-*", "gpt-4o-mini", null)]
    [InlineData("gpt-*", "gpt", ChargeRefusal.ModelNotAllowed)]
    [InlineData("*", "anything", null)]
    [InlineData("gpt-*", null, ChargeRefusal.ModelNotAllowed)]
    public void Models_are_held_to_the_list(string allowed, string? model, ChargeRefusal? refusal) =>
        Assert.Equal(refusal, QuotaRules.CheckScope(Key(new KeySettings { Name = "a", AllowedModels = [allowed] }), "openai", model, null));

    [Fact]
    public void A_list_of_models_says_nothing_of_what_needs_no_model()
    {
        var key = Key(new KeySettings { Name = "a", AllowedModels = ["x"], AllowedProviders = ["openai"] });

        Assert.Null(QuotaRules.CheckScope(key, "openai", model: null, address: null, needsModel: false));
        Assert.Equal(ChargeRefusal.ModelNotAllowed, QuotaRules.CheckScope(key, "openai", "y", address: null, needsModel: false));
        Assert.Equal(ChargeRefusal.ProviderNotAllowed, QuotaRules.CheckScope(key, "claude", model: null, address: null, needsModel: false));
    }

    [Fact]
    public void Lists_of_providers_and_models_say_nothing_of_work_that_is_not_forwarded()
    {
        var key = Key(new KeySettings { Name = "a", AllowedModels = ["x"], AllowedProviders = ["openai"] });

        Assert.Null(QuotaRules.CheckScope(key, provider: null, model: null, address: null));
        Assert.Equal(ChargeRefusal.ProviderNotAllowed, QuotaRules.CheckScope(key, "claude", "x", null));
        Assert.Null(QuotaRules.CheckScope(key, "OpenAI", "x", null));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.0/24", "203.0.113.255", true)]
    [InlineData("203.0.113.0/24", "203.0.114.0", false)]
    [InlineData("203.0.113.0/24", "::ffff:203.0.113.9", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "203.0.113.7", false)]
    [InlineData("203.0.113.7", null, false)]
    public void Addresses_are_held_to_the_list(string allowed, string? address, bool isAllowed) =>
        Assert.Equal(isAllowed ? null : ChargeRefusal.AddressNotAllowed, QuotaRules.CheckScope(
            Key(new KeySettings { Name = "a", AllowedIps = [allowed] }), null, null, address is null ? null : IPAddress.Parse(address)));

    [Fact]
    public void A_snapshot_shows_a_refill_that_is_due_and_changes_nothing()
    {
        var key = Key(new KeySettings { Name = "a" });
        key.Balance.Quota = 10;
        key.Balance.SetRefill(new RefillPolicy { Period = RefillPeriod.Daily, Amount = 50 }, Now);
        key.Balance.Take(10, hold: false);

        Assert.Equal((10L, 0L), Of(QuotaRules.Snapshot(key, pool: null, Now)));
        Assert.Equal((0L, 50L), Of(QuotaRules.Snapshot(key, pool: null, Now.AddDays(1))));
        Assert.Equal((10L, 10L), (key.Balance.Used, key.Balance.Quota));

        static (long, long?) Of(QuotaSnapshot snapshot) => (snapshot.Used, snapshot.Remaining);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1000, 1)]
    [InlineData(1001, 2)]
    public void Waits_are_in_whole_seconds_and_at_least_one(double ms, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), QuotaRules.WholeSeconds(ms));

    private static ChargeRefusal? CheckStatus(KeyState? key, string secret = "hash") => QuotaRules.CheckStatus(key, pool: null, secret, Now);

    private static KeyState Key(KeySettings settings, KeyStatus status = KeyStatus.Active) => new()
    {
        Locator = new KeyLocator("a", "a"),
        Prefix = "test",
        Settings = settings,
        Status = status,
        CreatedAt = Now,
        Secrets = [new SecretHash("hash")],
        Balance = new QuotaBalance(),
        Rate = new RateWindow(),
    };
}
