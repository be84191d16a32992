using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.OpenApiGenerator;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Hosting;

/// <summary>The settings as an admin sees them: all that are read, no secret, and each with where it comes from.</summary>
public sealed class SettingValuesTests
{
    private static readonly Dictionary<string, string?> Given = new()
    {
        ["ADMIN_TOKEN"] = "a-secret-token-of-the-tests",
        ["ADMIN_READONLY_TOKEN"] = "a-secret-reader-of-the-tests",
        ["AzureWebJobsStorage"] = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0",
        ["AzureWebJobsStorage:tableServiceUri"] = "https://user:secret@t.example/a?sig=secret",
        ["AzureWebJobsStorage:queueServiceUri"] = "https://q.example",
        ["AdminTokens:alice:Sha256"] = new string('a', 64),
        ["AdminTokens:alice:Tenant"] = "acme",
        ["Providers:p:BaseUrl"] = "https://api.example.com/v1",
        ["Providers:p:ApiKey"] = "a-secret-credential",
        ["Providers:p:Credentials:0"] = "another-secret-credential",
        ["Providers:p:Headers"] = "X-Key=a-secret-too",
        ["Routes:r:Models"] = "smart",
        ["Routes:r:To"] = "p/gpt-4o",
        ["METRICS_TOKEN"] = "a-secret-scraper-of-the-tests",
        ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = "InstrumentationKey=secret",
        ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "Authorization=AAD;ClientId=secret",
        ["SMTP_USER"] = "somebody",
        ["SMTP_PASSWORD"] = "a-secret-password",
        ["ALERT_WEBHOOK_URLS"] = "https://hooks.example.com/secret",
        ["ALERT_WEBHOOK_SECRET"] = "a-secret-of-webhooks",
        ["LOG_LEVEL"] = "Warning",
        ["PROXY_MAX_BODY_BYTES"] = " 4711 ",
        ["CLIENT_ADDRESS_HEADER"] = "",
    };

    [Fact]
    public void They_have_what_is_in_force_and_where_it_comes_from()
    {
        var settings = Read().ToDictionary(setting => setting.Name);
        Assert.Equal(("4711", "MemoryConfigurationProvider"), (settings["PROXY_MAX_BODY_BYTES"].Value, settings["PROXY_MAX_BODY_BYTES"].Source));
        Assert.Equal(("100", "default"), (settings["Providers__p__TimeoutSeconds"].Value, settings["Providers__p__TimeoutSeconds"].Source));
        Assert.Equal((null, "default"), (settings["CLIENT_ADDRESS_HEADER"].Value, settings["CLIENT_ADDRESS_HEADER"].Source));
        Assert.Equal("acme", settings["AdminTokens__alice__Tenant"].Value);
        Assert.Equal("https://t.example/a", settings["AzureWebJobsStorage__tableServiceUri"].Value);
        Assert.Equal("https://api.example.com/v1", settings["Providers__p__BaseUrl"].Value);
        Assert.Equal(("auto", "default"), (settings["QUOTA_LEASES"].Value, settings["QUOTA_LEASES"].Source));
    }

    [Fact]
    public void No_secret_is_among_them()
    {
        Assert.All(Read(), setting => Assert.DoesNotContain("secret", setting.Value ?? "", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_environment_is_named_and_goes_before_what_stands_before_it()
    {
        const string name = "QUOTA_SETTING_OF_A_TEST";
        Environment.SetEnvironmentVariable(name, "2");
        try
        {
            var reader = new SettingReader(new ConfigurationBuilder().AddInMemoryCollection([new(name, "1")]).AddEnvironmentVariables().Build());
            Assert.Equal("2", reader.PlainText(name));
            Assert.Equal([new SettingValue(name, "2", "environment")], reader.Values);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void Text_is_a_secret_unless_the_code_says_otherwise()
    {
        var reader = new SettingReader(new ConfigurationBuilder().AddInMemoryCollection([new("A", "1")]).Build());
        Assert.Equal(("1", null), (reader.Text("A"), reader.Text("B")));
        Assert.Equal([new SettingValue("A", "***", "MemoryConfigurationProvider"), new SettingValue("B", null, "default")], reader.Values.OrderBy(value => value.Name));
    }

    [Fact]
    public void Every_setting_is_declared_as_a_secret_or_not_and_those_of_the_table_are_read()
    {
        var read = Read().ToDictionary(setting => setting.Name.Replace("__alice__", "__<name>__", StringComparison.Ordinal).Replace("__p__", "__<name>__", StringComparison.Ordinal)
            .Replace("__r__", "__<name>__", StringComparison.Ordinal));

        // The first is read by OpenTelemetry itself, the second only where there is no connection string
        Assert.Equal(
            SettingAttribute.All.Select(setting => setting.Name).Except(["OTEL_SERVICE_NAME", "AzureWebJobsStorage__credential"]),
            read.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            SettingAttribute.All.Where(setting => setting.IsSecret).Select(setting => setting.Name),
            read.Where(setting => setting.Value.Value == SettingValue.Hidden).Select(setting => setting.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_of_the_page_is_current()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "settings.md")).ReplaceLineEndings("\n");
        Assert.True(page == SettingsTable.WriteInto(page), "docs/settings.md is stale: run scripts/openapi.sh and commit it.");
    }

    [Fact]
    public void The_table_goes_between_its_marks_only()
    {
        const string begin = "<!-- Written by scripts/openapi.sh from the options types: begin -->\n";
        var page = SettingsTable.WriteInto($"before\n{begin}| old |\n<!-- end -->\nafter\n");
        Assert.StartsWith($"before\n{begin}\n| setting | default | what |\n", page, StringComparison.Ordinal);
        Assert.Contains("\n| `ADMIN_TOKEN` (secret) | required | may do everything", page, StringComparison.Ordinal);
        Assert.EndsWith("\n\n<!-- end -->\nafter\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("| old |", page, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => SettingsTable.WriteInto("a page without marks"));
    }

    private static IReadOnlyList<SettingValue> Read()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Given).Build();
        using var services = new ServiceCollection()
            .AddServiceSettings(configuration).AddStorage(configuration).AddCharging(configuration).AddProxying(configuration).AddMailing(configuration)
            .AddReporting(configuration).AddSubscriptions(configuration).AddAlerting(configuration).AddRetention(configuration).AddTelemetry(configuration)
            .BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        return services.GetRequiredService<SettingValues>().All;
    }}
