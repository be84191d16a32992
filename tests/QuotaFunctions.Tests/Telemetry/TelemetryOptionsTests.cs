using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.Telemetry;

namespace QuotaFunctions.Tests.Telemetry;

public sealed class TelemetryOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var (options, errors) = Read();
        Assert.Empty(errors);
        Assert.True(options.EnableMetrics);
        Assert.Null(options.MetricsToken);
    }

    [Fact]
    public void Good_values_are_taken()
    {
        var (options, errors) = Read(
            ("ENABLE_METRICS", "False"),
            ("METRICS_TOKEN", "abcd1234efgh5678"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=0f1e;IngestionEndpoint=https://example.com"));
        Assert.Empty(errors);
        Assert.False(options.EnableMetrics);
        Assert.Equal("abcd1234efgh5678", options.MetricsToken);
    }

    [Theory]
    [InlineData("ENABLE_METRICS", "yes", "ENABLE_METRICS must be true or false")]
    [InlineData("METRICS_TOKEN", "abcd1234efgh567", "METRICS_TOKEN is too short")]
    [InlineData("METRICS_TOKEN", "change-me-please-now", "METRICS_TOKEN is an example")]
    [InlineData("METRICS_TOKEN", "the-token-of-the-admin", "METRICS_TOKEN must not be the same as an admin token")]
    [InlineData("METRICS_TOKEN", "the-token-of-the-reader", "METRICS_TOKEN must not be the same as an admin token")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "0f1e2d3c", "APPLICATIONINSIGHTS_CONNECTION_STRING must be")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=0f1e2d3c", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING must be")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=Key", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING must be")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;Secret=0f1e", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING must be")]
    public void A_bad_value_is_told_by_its_name_and_not_shown(string name, string value, string says)
    {
        var line = Assert.Single(Read((name, value)).Errors);
        Assert.StartsWith(says, line, StringComparison.Ordinal);
        Assert.DoesNotContain(value, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization=AAD", "SystemAssigned")]
    [InlineData("ClientId=0f1e-2d3c;Authorization=AAD", "0f1e-2d3c")]
    [InlineData(" authorization = aad ; clientid = 0f1e-2d3c ;", "0f1e-2d3c")]
    public void Application_Insights_is_reached_as_the_identity_that_is_named(string authentication, string identity)
    {
        Assert.Empty(Read(("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", authentication)).Errors);
        Assert.Contains(identity, TelemetryOptions.IdentityOf(authentication)!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_exporter_has_both_the_identity_and_what_it_reads_by_itself()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            KeyValuePair.Create<string, string?>("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000001"),
            KeyValuePair.Create<string, string?>("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=0f1e-2d3c;Authorization=AAD"),
            KeyValuePair.Create<string, string?>("OTEL_TRACES_SAMPLER", "microsoft.fixed_percentage"),
            KeyValuePair.Create<string, string?>("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddOpenTelemetryExport(configuration).BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<AzureMonitorExporterOptions>>().Value;
        Assert.IsType<ManagedIdentityCredential>(options.Credential);
        Assert.Equal(0.25f, options.SamplingRatio);
        Assert.StartsWith("InstrumentationKey=", options.ConnectionString, StringComparison.Ordinal);
    }

    private static (TelemetryOptions Options, IReadOnlyList<string> Errors) Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            KeyValuePair.Create<string, string?>("ADMIN_TOKEN", "the-token-of-the-admin"),
            KeyValuePair.Create<string, string?>("ADMIN_READONLY_TOKEN", "the-token-of-the-reader"),
            .. settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)),
        ]).Build();
        var reader = new SettingReader(configuration);
        var options = new TelemetryOptions();
        TelemetryOptions.Read(reader, options);
        return (options, reader.Errors);
    }
}
