using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Which of several places a key may be charged for.</summary>
public sealed class ChargeScopeTests
{
    private static readonly ChargeTarget[] Targets =
    [
        new("openai", "gpt-4o", "/v1/chat", 10), new("azure", "gpt-4o", "/openai/chat", 20), new("claude", "claude-4", "/v1/chat", 5),
    ];

    [Theory]
    [InlineData("", "", "openai azure claude", 20)]
    [InlineData("openai claude", "", "openai claude", 10)]
    [InlineData("CLAUDE", "", "claude", 5)]
    [InlineData("", "gpt-*", "openai azure", 20)]
    [InlineData("azure claude", "gpt-4o", "azure", 20)]
    [InlineData("", "Smart", "openai azure claude", 20)]
    [InlineData("azure", "smart", "azure", 20)]
    public void A_place_that_the_key_may_not_use_is_left_out_and_the_dearest_of_the_others_is_charged(string providers, string models, string open, long cost)
    {
        Assert.Null(ChargeScope.Check(Key(providers, models), Asked(Targets), out var request));

        Assert.Equal(open.Split(' '), request.Targets.Select(target => target.Provider));
        Assert.Equal(cost, request.Cost);
        Assert.Equal((request.Targets[0].Provider, request.Targets[0].Model, request.Targets[0].Path), (request.Provider, request.Model, request.Path));
    }

    [Theory]
    [InlineData("gemini", "", ChargeRefusal.ProviderNotAllowed)]
    [InlineData("", "o1", ChargeRefusal.ModelNotAllowed)]
    [InlineData("", "sm*", ChargeRefusal.ModelNotAllowed)]
    [InlineData("", "smart*", ChargeRefusal.ModelNotAllowed)]
    [InlineData("openai", "claude-*", ChargeRefusal.ModelNotAllowed)]
    public void Where_none_is_open_it_is_refused(string providers, string models, ChargeRefusal refusal) =>
        Assert.Equal(refusal, ChargeScope.Check(Key(providers, models), Asked(Targets), out _));

    [Fact]
    public void What_is_held_is_enough_for_any_and_a_place_without_a_price_is_not_for_dollars()
    {
        ChargeTarget[] targets =
        [
            Targets[0] with { TokenEstimate = new CostEstimate(100, 20), DollarEstimate = new CostEstimate(5, 1) },
            Targets[1] with { TokenEstimate = new CostEstimate(90, 30) },
            Targets[2] with { TokenEstimate = new CostEstimate(80, 10), DollarEstimate = new CostEstimate(7, 3) },
        ];
        Assert.Null(ChargeScope.Check(Key("", ""), Asked(targets), out var all));
        Assert.Equal((3, new CostEstimate(100, 30)), (all.Targets.Count, all.TokenEstimate));

        Assert.Null(ChargeScope.Check(Key("", "", QuotaUnit.Usd), Asked(targets), out var priced));
        Assert.Equal(["openai", "claude"], priced.Targets.Select(target => target.Provider));
        Assert.Equal(new CostEstimate(7, 3), priced.DollarEstimate);
        Assert.Equal(ChargeRefusal.ModelNotPriced, ChargeScope.Check(Key("azure", "", QuotaUnit.Usd), Asked([targets[1], targets[1] with { Model = "x" }]), out _));
    }

    [Fact]
    public void A_name_with_a_star_is_in_no_list() =>
        Assert.Equal(ChargeRefusal.ModelNotAllowed, ChargeScope.Check(Key("", "sm*"), Asked(Targets) with { Alias = "sm*" }, out _));

    [Fact]
    public void What_is_taken_for_one_place_is_its_own_cost_where_requests_are_counted()
    {
        var charge = new Charge { Key = KeyLocator.New(poolId: null), Id = default, Cost = 20, At = default, Request = Asked(Targets) };

        Assert.Equal(5, charge.TakenFor(Targets[2]));
        Assert.Equal(20, (charge with { Unit = QuotaUnit.Tokens }).TakenFor(Targets[2]));
        Assert.Equal(0, (charge with { Cost = 0 }).TakenFor(Targets[2]));
    }

    private static ChargeRequest Asked(ChargeTarget[] targets) =>
        new ChargeRequest { Secret = KeySecret.New("trial"), RequestId = "r", Kind = ChargeKind.Forward, Alias = "smart" }.GoingTo(targets);

    private static KeyState Key(string providers, string models, QuotaUnit unit = QuotaUnit.Requests)
    {
        var settings = new KeySettings { Name = "a", AllowedProviders = Split(providers), AllowedModels = Split(models) };
        return new KeyState
        {
            Locator = KeyLocator.New(poolId: null),
            Prefix = "trial",
            Settings = settings,
            CreatedAt = default,
            Secrets = [],
            Balance = new QuotaBalance { Unit = unit },
            Rate = new RateWindow(),
        };

        static string[] Split(string list) => list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
