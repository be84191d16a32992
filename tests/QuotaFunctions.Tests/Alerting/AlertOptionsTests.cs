using Microsoft.Extensions.Options;

namespace QuotaFunctions.Tests.Alerting;

public sealed class AlertOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = AlertWorld.Options().Value;
        Assert.Equal([50, 80, 95, 100], options.QuotaThresholds);
        Assert.Equal((10, "en", TimeSpan.FromMinutes(1)), (options.FailureRatePercent, options.Language, options.GroupTime));
        Assert.Empty(options.Recipients);
        Assert.Empty(options.Webhooks);
        Assert.Null(options.WebhookSecret);
        Assert.False(options.AllowPrivate);
    }

    [Theory]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "1,100")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", " 80 , 90 ")]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "1")]
    [InlineData("ALERT_FAILURE_RATE_PERCENT", "100")]
    [InlineData("ALERT_GROUP_SECONDS", "1")]
    [InlineData("ALERT_GROUP_SECONDS", "600")]
    [InlineData("REPORT_LANGUAGE", "zh")]
    [InlineData("ALERT_WEBHOOK_SECRET", "0123456789abcdef")]
    [InlineData("ALERT_RECIPIENTS", "a@example.com, Ops <b@example.com>")]
    public void A_good_value_is_taken(string name, string value) => AlertWorld.Options((name, value));

    [Theory]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "0,50")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "50,101")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "80,50")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "50,50")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "50%")]
    [InlineData("ALERT_QUOTA_THRESHOLDS", "12.5")]
    [InlineData("ALERT_GROUP_SECONDS", "0")]
    [InlineData("ALERT_GROUP_SECONDS", "601")]
    [InlineData("ALERT_WEBHOOK_SECRET", "0123456789abcde")]
    [InlineData("ALERT_WEBHOOK_ALLOW_PRIVATE", "yes")]
    [InlineData("ALERT_WEBHOOK_URLS", "https://a.example/hidden,http://b.example/hidden")]
    [InlineData("ALERT_RECIPIENTS", "a@example.com,hidden")]
    public void A_bad_value_is_told_by_its_name(string name, string value)
    {
        var line = Assert.Single(Assert.Throws<OptionsValidationException>(() => AlertWorld.Options((name, value))).Failures);
        Assert.StartsWith($"{name} ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_go_to_those_who_get_reports_unless_there_are_others()
    {
        Assert.Equal(["a@example.com"], AlertWorld.Options(("REPORT_RECIPIENTS", "a@example.com,A@example.com")).Value.Recipients);
        Assert.Equal(["b@example.com"], AlertWorld.Options(("REPORT_RECIPIENTS", "a@example.com"), ("ALERT_RECIPIENTS", "b@example.com")).Value.Recipients);
    }
}
