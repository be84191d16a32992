using System.Text;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Tests.Keys;

public sealed class KeySettingsTests
{
    private static readonly KeySettings Nothing = new() { Name = "" };

    private static readonly KeySettings Everything = new()
    {
        Name = "n",
        QuotaType = QuotaType.Hybrid,
        Unit = QuotaUnit.Tokens,
        Quota = 5,
        ExpiresAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        RateLimitPerMinute = 6,
        MaxCost = 7,
        MaxConcurrent = 4,
        Refill = new RefillPolicy { Period = RefillPeriod.Monthly, Amount = 8, TimeZone = "Europe/Berlin", AnchorDay = 31, Rollover = true, RolloverCap = 9 },
        Tenant = "t",
        Email = "e@example.com",
        AllowedProviders = ["p"],
        AllowedModels = ["m*"],
        AllowedIps = ["203.0.113.0/24"],
        Metadata = new Dictionary<string, string> { ["k"] = "v" },
    };

    [Fact]
    public void A_name_and_a_quota_make_a_key()
    {
        var settings = Read("""{"name":"n","quota":1}""", Nothing);
        Assert.Equal(Nothing with { Name = "n", Quota = 1, Metadata = settings.Metadata, AllowedIps = settings.AllowedIps, AllowedModels = settings.AllowedModels, AllowedProviders = settings.AllowedProviders }, settings);
        Assert.Equal((QuotaType.Count, QuotaUnit.Requests), (settings.QuotaType, settings.Unit));
    }

    [Fact]
    public void Every_field_is_read()
    {
        var settings = Read(
            """
            {"name":"n","quota_type":"hybrid","unit":"tokens","quota":5,"expires_at":"2030-01-01T01:00:00+01:00","rate_limit_per_minute":6,"max_cost":7,"max_concurrent":4,
             "refill":{"period":"monthly","amount":8,"time_zone":"Europe/Berlin","anchor_day":31,"rollover":true,"rollover_cap":9},
             "tenant":"t","email":"e@example.com","allowed_providers":["p"],"allowed_models":["m*"],"allowed_ips":["203.0.113.0/24"],"metadata":{"k":"v"}}
            """,
            Nothing);
        Assert.Equal(
            Everything with { AllowedProviders = settings.AllowedProviders, AllowedModels = settings.AllowedModels, AllowedIps = settings.AllowedIps, Metadata = settings.Metadata },
            settings);
        Assert.Equal(Everything.AllowedProviders, settings.AllowedProviders);
        Assert.Equal(Everything.AllowedModels, settings.AllowedModels);
        Assert.Equal(Everything.AllowedIps, settings.AllowedIps);
        Assert.Equal(Everything.Metadata, settings.Metadata);
    }

    [Fact]
    public void A_change_of_nothing_changes_nothing() => Assert.Equal(Everything, Read("{}", Everything));

    [Fact]
    public void Null_clears_what_may_be_cleared()
    {
        var settings = Read(
            """
            {"quota_type":"count","expires_at":null,"rate_limit_per_minute":null,"max_cost":null,"max_concurrent":null,"refill":null,"tenant":null,"email":null,
             "allowed_providers":null,"allowed_models":null,"allowed_ips":null,"metadata":null}
            """,
            Everything);
        Assert.Null(settings.ExpiresAt);
        Assert.Null(settings.RateLimitPerMinute);
        Assert.Null(settings.MaxCost);
        Assert.Null(settings.MaxConcurrent);
        Assert.Null(settings.Refill);
        Assert.Null(settings.Tenant);
        Assert.Null(settings.Email);
        Assert.Empty(settings.AllowedProviders);
        Assert.Empty(settings.AllowedModels);
        Assert.Empty(settings.AllowedIps);
        Assert.Empty(settings.Metadata);
        Assert.Equal(("n", 5), (settings.Name, settings.Quota));
    }

    [Fact]
    public void A_refill_is_changed_in_part_and_its_day_does_not_go_over_to_another_period()
    {
        Assert.Equal(Everything.Refill! with { Amount = 3 }, Read("""{"refill":{"amount":3}}""", Everything).Refill);
        Assert.Equal(1, Read("""{"refill":{"period":"weekly"}}""", Everything).Refill!.AnchorDay);
    }

    [Theory]
    [InlineData("""{"name":"n","quota":1,"refill":{}}""", "refill.amount", "refill.period")]
    [InlineData("""{"name":"n","quota":1,"refill":{"period":"daily"}}""", "refill.amount")]
    [InlineData("""{"name":"n","quota":1,"refill":{"amount":1}}""", "refill.period")]
    [InlineData("""{"name":"n","quota":1,"refill":{"period":"hourly","amount":1}}""", "refill.period")]
    [InlineData("""{"name":"n","quota":1,"refill":[]}""", "refill")]
    [InlineData("""{"name":"n","quota":1,"refill":{"period":"daily","amount":1,"colour":"red"}}""", "refill.colour")]
    [InlineData("""{"name":null,"quota":null,"quota_type":null,"unit":null}""", "name", "quota", "quota_type", "unit")]
    [InlineData("""{"name":1,"quota":"1","quota_type":1,"tenant":1,"email":[],"metadata":{"a":1}}""", "email", "metadata", "name", "quota", "quota_type", "tenant")]
    [InlineData("""{"name":"n","quota":1,"Quota":1}""", "Quota")]
    [InlineData("""{"name":"n","quota":1,"rate_limit_per_minute":9999999999}""", "rate_limit_per_minute")]
    public void What_is_wrong_is_named(string json, params string[] fields) => Assert.Equal(fields, ValidationErrors(json));

    [Theory]
    [InlineData("quota", "0", "1000000000000")]
    [InlineData("rate_limit_per_minute", "1", "100000")]
    [InlineData("max_cost", "1", "1000000")]
    [InlineData("max_concurrent", "1", "10000")]
    [InlineData("refill.amount", "1", "1000000000000")]
    public void Limits_hold_on_both_sides(string field, string least, string most)
    {
        Assert.Empty(ValidationErrors(With(field, least)));
        Assert.Empty(ValidationErrors(With(field, most)));
        Assert.Equal([field], ValidationErrors(With(field, (long.Parse(least) - 1).ToString())));
        Assert.Equal([field], ValidationErrors(With(field, (long.Parse(most) + 1).ToString())));
    }

    [Fact]
    public void Amounts_of_a_key_in_dollars_are_dollars()
    {
        var settings = Read("""{"name":"n","unit":"usd","quota":5.00,"max_cost":0.25,"refill":{"period":"daily","amount":1.5,"rollover":true,"rollover_cap":2}}""", Nothing);
        Assert.Equal((5_000_000, 250_000, 1_500_000, 2_000_000), (settings.Quota, settings.MaxCost, settings.Refill!.Amount, settings.Refill.RolloverCap));
        Assert.Equal(settings, Read("{}", settings));
        Assert.Equal(750_000, Read("""{"quota":0.75}""", settings).Quota);
    }

    [Theory]
    [InlineData("quota", "0", "1000000", "-0.000001", "1000000.000001")]
    [InlineData("max_cost", "0.000001", "1000000", "0", "1000000.000001")]
    [InlineData("refill.amount", "0.000001", "1000000", "0", "1000000.000001")]
    public void Limits_of_dollars_hold_on_both_sides(string field, string least, string most, string tooLittle, string tooMuch)
    {
        Assert.Empty(ValidationErrors(InDollars(least)));
        Assert.Empty(ValidationErrors(InDollars(most)));
        foreach (var wrong in new[] { tooLittle, tooMuch, "0.0000001", "1e3", "1E-2", "\"1\"", "123456789012345678901234567890", "true", "[]" })
        {
            Assert.Equal([field], ValidationErrors(InDollars(wrong)));
        }

        string InDollars(string value) => With(field, value).Replace("{\"name\"", "{\"unit\":\"usd\",\"name\"", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quota", "0.5")]
    [InlineData("quota", "1.0")]
    [InlineData("quota", "1e2")]
    [InlineData("max_cost", "1.5")]
    [InlineData("refill.amount", "2.5")]
    public void Amounts_of_other_keys_are_whole(string field, string value) => Assert.Equal([field], ValidationErrors(With(field, value)));

    [Theory]
    [InlineData(QuotaUnit.Requests, QuotaUnit.Tokens, true)]
    [InlineData(QuotaUnit.Tokens, QuotaUnit.Requests, true)]
    [InlineData(QuotaUnit.Usd, QuotaUnit.Usd, true)]
    [InlineData(QuotaUnit.Usd, QuotaUnit.Requests, false)]
    [InlineData(QuotaUnit.Tokens, QuotaUnit.Usd, false)]
    public void What_is_booked_is_not_given_another_meaning(QuotaUnit before, QuotaUnit after, bool isAllowed)
    {
        var (change, pool) = (new ValidationErrors(), new ValidationErrors());
        KeySettingsValidator.CheckUnit(before, after, change);
        KeySettingsValidator.CheckPool(before, after, pool);
        Assert.Equal((!isAllowed, !isAllowed), (change.Has("unit"), pool.Has("unit")));
    }

    [Theory]
    [InlineData("daily", 1)]
    [InlineData("weekly", 7)]
    [InlineData("monthly", 31)]
    public void The_anchor_day_is_one_that_the_period_has(string period, int last)
    {
        Assert.Empty(ValidationErrors(Refill(period, $"\"anchor_day\":{last}")));
        Assert.Equal(["refill.anchor_day"], ValidationErrors(Refill(period, $"\"anchor_day\":{last + 1}")));
        Assert.Equal(["refill.anchor_day"], ValidationErrors(Refill(period, "\"anchor_day\":0")));
    }

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("", false)]
    [InlineData("../../../etc/passwd", false)]
    [InlineData("Europe/../Berlin", false)]
    [InlineData("/etc/localtime", false)]
    [InlineData("+02:00", false)]
    public void A_time_zone_has_its_IANA_name(string name, bool good) =>
        Assert.Equal(good ? [] : ["refill.time_zone"], ValidationErrors(Refill("daily", $"\"time_zone\":\"{name}\"")));

    [Fact]
    public void A_cap_belongs_to_a_rollover_and_is_no_less_than_the_amount()
    {
        Assert.Empty(ValidationErrors(Refill("daily", "\"rollover\":true,\"rollover_cap\":10")));
        Assert.Equal(["refill.rollover_cap"], ValidationErrors(Refill("daily", "\"rollover\":true,\"rollover_cap\":9")));
        Assert.Equal(["refill.rollover_cap"], ValidationErrors(Refill("daily", "\"rollover_cap\":10")));
    }

    [Theory]
    [InlineData("time")]
    [InlineData("hybrid")]
    public void Time_and_hybrid_need_an_expiry(string type)
    {
        Assert.Equal(["expires_at"], ValidationErrors($$"""{"name":"n","quota":1,"quota_type":"{{type}}"}"""));
        Assert.Empty(ValidationErrors($$"""{"name":"n","quota":1,"quota_type":"{{type}}","expires_at":"2030-01-01T00:00:00Z"}"""));
    }

    [Fact]
    public void Time_is_not_refilled() => Assert.Equal(
        ["refill"],
        ValidationErrors("""{"name":"n","quota_type":"time","expires_at":"2030-01-01T00:00:00Z","refill":{"period":"daily","amount":1}}"""));

    [Fact]
    public void A_name_has_1_to_200_characters()
    {
        Assert.Empty(ValidationErrors($$"""{"name":"{{new string('n', 200)}}","quota":1}"""));
        Assert.Equal(["name"], ValidationErrors($$"""{"name":"{{new string('n', 201)}}","quota":1}"""));
        Assert.Equal(["name"], ValidationErrors("""{"name":"","quota":1}"""));
        Assert.Equal(["name"], ValidationErrors("""{"name":" n","quota":1}"""));
        Assert.Equal(["name"], ValidationErrors("""{"name":"a\u0000b","quota":1}"""));
        Assert.Empty(ValidationErrors("""{"name":"O'Brien \"; DROP TABLE keys' or PartitionKey ne ''","quota":1}"""));
        Assert.Empty(ValidationErrors("""{"name":"密钥 🔑","quota":1}"""));
    }

    [Theory]
    [InlineData("203.0.113.7", true)]
    [InlineData("203.0.113.0/24", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:db8::/32", true)]
    [InlineData("::ffff:203.0.113.7", true)]
    [InlineData("203.0.113.7/24", false)]
    [InlineData("203.0.113.0/33", false)]
    [InlineData("203.0.113.256", false)]
    [InlineData("1", false)]
    [InlineData("0x7f.1", false)]
    [InlineData("010.0.0.1", false)]
    [InlineData("fe80::1%eth0", false)]
    [InlineData("example.com", false)]
    [InlineData("", false)]
    public void An_address_is_one_or_a_network(string text, bool good) =>
        Assert.Equal(good ? [] : ["allowed_ips[0]"], ValidationErrors($$"""{"name":"n","quota":1,"allowed_ips":["{{text}}"]}"""));

    [Theory]
    [InlineData("ada@example.com", true)]
    [InlineData("ada+tag@sub.example.com", true)]
    [InlineData("ada", false)]
    [InlineData("Ada <ada@example.com>", false)]
    [InlineData("ada@example.com, bob@example.com", false)]
    [InlineData("ada@example.com\\r\\nBcc: eve@example.com", false)]
    public void An_email_address_is_one(string text, bool good) =>
        Assert.Equal(good ? [] : ["email"], ValidationErrors($$"""{"name":"n","quota":1,"email":"{{text}}"}"""));

    [Theory]
    [InlineData("gpt-4o", true)]
    [InlineData("gpt-4o*", true)]
    [InlineData("*", true)]
    [InlineData("models/gemini-1.5@001", true)]
    [InlineData("gpt*4", false)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    public void A_model_may_end_in_a_star(string text, bool good) =>
        Assert.Equal(good ? [] : ["allowed_models[0]"], ValidationErrors($$"""{"name":"n","quota":1,"allowed_models":["{{text}}"]}"""));

    [Theory]
    [InlineData("allowed_providers", 20)]
    [InlineData("allowed_models", 50)]
    [InlineData("allowed_ips", 100)]
    public void Lists_have_an_end(string field, int most)
    {
        Assert.Empty(ValidationErrors(List(most)));
        Assert.Equal([field], ValidationErrors(List(most + 1)));

        string List(int count) => $$"""{"name":"n","quota":1,"{{field}}":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"10.0.0.{i}\"").Select(text => field == "allowed_providers" ? "\"p\"" : text))}}]}""";
    }

    [Fact]
    public void Metadata_has_an_end()
    {
        Assert.Empty(ValidationErrors(Valid($"\"metadata\":{{\"k\":\"{new string('v', 1_999)}\"}}")));
        Assert.Equal(["metadata"], ValidationErrors(Valid($"\"metadata\":{{\"k\":\"{new string('v', 2_000)}\"}}")));
        Assert.Equal(["metadata"], ValidationErrors("""{"name":"n","quota":1,"metadata":{"":"v"}}"""));
        Assert.Empty(ValidationErrors(Entries(32)));
        Assert.Equal(["metadata"], ValidationErrors(Entries(33)));

        static string Entries(int count) => Valid($"\"metadata\":{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":\"\""))}}}");
    }

    [Theory]
    [InlineData("ab", true)]
    [InlineData("trial", true)]
    [InlineData("abcdefghijklmno1", true)]
    [InlineData("a", false)]
    [InlineData("abcdefghijklmno12", false)]
    [InlineData("1a", false)]
    [InlineData("Trial", false)]
    [InlineData("tri_al", false)]
    [InlineData("trial\n", false)]
    public void A_prefix_keeps_to_its_form(string text, bool good) => Assert.Equal(good, KeySettingsValidator.IsPrefix(text));

    /// <summary>What makes a key, and more.</summary>
    private static string Valid(string more) => $"{{\"name\":\"n\",\"quota\":1,{more}}}";

    private static string With(string field, string value) => field switch
    {
        "quota" => $"{{\"name\":\"n\",\"quota\":{value}}}",
        "refill.amount" => Valid($"\"refill\":{{\"period\":\"daily\",\"amount\":{value}}}"),
        _ => Valid($"\"{field}\":{value}"),
    };

    private static string Refill(string period, string more) => Valid($"\"refill\":{{\"period\":\"{period}\",\"amount\":10,{more}}}");

    private static KeySettings Read(string json, KeySettings current)
    {
        var fields = JsonFields.Of(JsonFields.Parse(Encoding.UTF8.GetBytes(json)));
        var settings = KeySettingsReader.Read(fields, current);
        fields.ThrowIfInvalid();
        return settings;
    }

    private static IEnumerable<string> ValidationErrors(string json)
    {
        try
        {
            Read(json, Nothing);
            return [];
        }
        catch (InvalidRequestException exception)
        {
            return exception.Errors.Keys.Order(StringComparer.Ordinal);
        }
    }
}
