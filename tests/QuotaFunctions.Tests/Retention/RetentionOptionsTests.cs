using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Retention;

namespace QuotaFunctions.Tests.Retention;

public sealed class RetentionOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = Read();
        Assert.Equal(
            (true, 180, 24, 10_000, 800, 365, 730, 365),
            (options.IsEnabled, options.LogDays, options.IntervalHours, options.BatchSize, options.UsageDays, options.RevokedDays, options.AdminAuditDays, options.ReportDays));
    }

    [Theory]
    [InlineData("RETENTION_DAYS", "1", "800")]
    [InlineData("USAGE_DAYS", "180", "36500")]
    [InlineData("INTERVAL_HOURS", "1", "8760")]
    [InlineData("BATCH_SIZE", "100", "1000000")]
    [InlineData("REVOKED_DAYS", "1", "36500")]
    [InlineData("ADMIN_AUDIT_DAYS", "1", "36500")]
    [InlineData("REPORT_DAYS", "1", "36500")]
    public void Limits_hold(string name, string least, string most)
    {
        Assert.NotNull(Read(("QUOTA_CLEANUP_" + name, least)));
        Assert.NotNull(Read(("QUOTA_CLEANUP_" + name, most)));
        AssertRefused("QUOTA_CLEANUP_" + name, "0");
        AssertRefused("QUOTA_CLEANUP_" + name, "1000001");
    }

    [Fact]
    public void Days_of_usage_are_kept_at_least_as_long_as_the_log()
    {
        AssertRefused("QUOTA_CLEANUP_USAGE_DAYS", "179");
        Assert.Equal(900, Read(("QUOTA_CLEANUP_RETENTION_DAYS", "900"), ("QUOTA_CLEANUP_USAGE_DAYS", "900")).LogDays);
    }

    private static void AssertRefused(string name, string value) =>
        Assert.StartsWith(name, Assert.Single(Assert.Throws<OptionsValidationException>(() => Read((name, value))).Failures), StringComparison.Ordinal);

    private static RetentionOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
        return new ServiceCollection().AddSettings<RetentionOptions>(configuration, RetentionOptions.Read)
            .BuildServiceProvider().GetRequiredService<IOptions<RetentionOptions>>().Value;
    }
}
