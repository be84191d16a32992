using System.Text;
using Microsoft.Extensions.Configuration;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Tests.Subscriptions;

public sealed class SubscriptionReaderTests
{
    [Fact]
    public void What_is_not_given_has_a_default()
    {
        var settings = Read("""{"name":"n","recipients":["a@example.com","A@example.com","Ops <b@example.com>"]}""");
        Assert.Equal(["a@example.com", "Ops <b@example.com>"], settings.Recipients);
        Assert.Equal(
            (ReportPeriodKind.Day, "0 0 0 * * *", "UTC", ReportLanguage.En, null, null),
            (settings.Period, settings.Schedule, settings.TimeZone, settings.Language, settings.Tenant, settings.Key));
    }

    [Fact]
    public void A_change_is_made_over_what_stands()
    {
        var settings = Read("""{"period":"month","tenant":null}""", new SubscriptionSettings { Name = "n", Recipients = ["a@example.com"], Tenant = "acme", TimeZone = "Asia/Tokyo" });
        Assert.Equal((ReportPeriodKind.Month, null, "Asia/Tokyo", "n"), (settings.Period, settings.Tenant, settings.TimeZone, settings.Name));
    }

    [Theory]
    [InlineData("name", """{"recipients":["a@example.com"]}""")]
    [InlineData("name", """{"name":"a\nb","recipients":["a@example.com"]}""")]
    [InlineData("recipients", """{"name":"n"}""")]
    [InlineData("recipients", """{"name":"n","recipients":[]}""")]
    [InlineData("recipients", """{"name":"n","recipients":["a@example.com\r\nBcc: b@example.com"]}""")]
    [InlineData("recipients", """{"name":"n","recipients":["a@example.com, b@example.com"]}""")]
    [InlineData("period", """{"name":"n","recipients":["a@example.com"],"period":"days"}""")]
    [InlineData("schedule", """{"name":"n","recipients":["a@example.com"],"schedule":"0 0 * * *"}""")]
    [InlineData("time_zone", """{"name":"n","recipients":["a@example.com"],"time_zone":"Mars/Olympus"}""")]
    [InlineData("language", """{"name":"n","recipients":["a@example.com"],"language":"fr"}""")]
    [InlineData("key", """{"name":"n","recipients":["a@example.com"],"key":"pool_9pQe2LkVb7RtYw4Hs0Nc"}""")]
    [InlineData("tenant", """{"name":"n","recipients":["a@example.com"],"tenant":""}""")]
    [InlineData("hour", """{"name":"n","recipients":["a@example.com"],"hour":7}""")]
    public void What_is_wrong_is_told_by_its_field(string field, string json) =>
        Assert.Equal([field], Assert.Throws<InvalidRequestException>(() => Read(json)).Errors.Keys);

    [Fact]
    public void There_are_20_recipients_at_the_most()
    {
        string Body(int count) => $$"""{"name":"n","recipients":[{{string.Join(',', Enumerable.Range(0, count).Select(number => $"\"a{number}@example.com\""))}}]}""";
        Assert.Equal(20, Read(Body(20)).Recipients.Count);
        Assert.Throws<InvalidRequestException>(() => Read(Body(21)));
    }

    [Theory]
    [InlineData("REPORT_SCHEDULE", "0 0 * * *")]
    [InlineData("REPORT_RECIPIENTS", "a@example.com; b@example.com")]
    [InlineData("REPORT_RECIPIENTS", "ops")]
    public void A_bad_setting_is_told_by_its_name(string name, string value)
    {
        var (_, errors) = Settings((name, value));
        Assert.StartsWith($"{name} must be ", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_have_defaults_and_a_list()
    {
        Assert.Equal(("0 0 0 * * *", 0), (Settings().Options.Schedule, Settings().Options.Recipients.Count));
        Assert.Equal(["a@example.com", "Ops <b@example.com>"], Settings(("REPORT_RECIPIENTS", " a@example.com, Ops <b@example.com>,")).Options.Recipients);
    }

    private static SubscriptionSettings Read(string json, SubscriptionSettings? current = null)
    {
        var fields = JsonFields.Of(JsonFields.Parse(Encoding.UTF8.GetBytes(json)));
        var settings = SubscriptionReader.Read(fields, current ?? new SubscriptionSettings());
        fields.ThrowIfInvalid();
        return settings;
    }

    private static (SubscriptionOptions Options, IReadOnlyList<string> Errors) Settings(params (string Name, string Value)[] settings)
    {
        var reader = new SettingReader(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(it => KeyValuePair.Create(it.Name, (string?)it.Value))).Build());
        var options = new SubscriptionOptions();
        SubscriptionOptions.Read(reader, options);
        return (options, reader.Errors);
    }
}
