using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Tests.Reporting;

public sealed class ReportOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = Read();
        Assert.Equal((10, 10, ReportLanguage.En, "http://127.0.0.1:8787"), (options.FailureRatePercent, options.LowQuotaPercent, options.Language, options.PublicUrl));
    }

    [Fact]
    public void Azure_says_where_the_service_is_unless_the_setting_does()
    {
        Assert.Equal("https://app.azurewebsites.net", Read(("WEBSITE_HOSTNAME", "app.azurewebsites.net")).PublicUrl);
        Assert.Equal("https://quota.example.com/base", Read(("WEBSITE_HOSTNAME", "app.azurewebsites.net"), ("PUBLIC_URL", "https://quota.example.com/base/")).PublicUrl);
    }

    [Theory]
    [InlineData("zh", ReportLanguage.Zh)]
    [InlineData("ZH", ReportLanguage.Zh)]
    [InlineData("en", ReportLanguage.En)]
    public void The_language_is_one_of_two(string text, ReportLanguage language) => Assert.Equal(language, Read(("REPORT_LANGUAGE", text)).Language);

    [Theory]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "0")]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "100")]
    [InlineData("ALERT_LOW_QUOTA_PERCENT", "0")]
    [InlineData("ALERT_LOW_QUOTA_PERCENT", "100")]
    public void Per_cent_have_limits_that_hold(string name, string value) => Assert.NotNull(Read((name, value)));

    [Theory]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "101")]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "-1")]
    [InlineData("ALERT_LOW_QUOTA_PERCENT", "ten")]
    [InlineData("REPORT_LANGUAGE", "de")]
    [InlineData("PUBLIC_URL", "quota.example.com")]
    [InlineData("PUBLIC_URL", "ftp://quota.example.com")]
    [InlineData("PUBLIC_URL", "https://user:secret@quota.example.com")]
    [InlineData("PUBLIC_URL", "https://quota.example.com?a=1")]
    public void A_bad_value_is_told_by_its_name(string name, string value)
    {
        var line = Assert.Single(Assert.Throws<OptionsValidationException>(() => Read((name, value))).Failures);
        Assert.StartsWith($"{name} must be ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    private static ReportOptions Read(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddSettings<ReportOptions>(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build(), ReportOptions.Read)
        .BuildServiceProvider().GetRequiredService<IOptions<ReportOptions>>().Value;
}
