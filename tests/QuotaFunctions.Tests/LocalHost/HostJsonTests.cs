using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class HostJsonTests
{
    [Fact]
    public void What_is_not_said_has_the_Functions_hosts_default()
    {
        var host = Parse("""{ "version": "2.0" }""");

        Assert.Equal("api", host.RoutePrefix);
        Assert.Empty(host.LogLevels);
        Assert.Equal(new HostJson.QueueSettings(), host.Queues);
        Assert.Equal(16, host.Queues.BatchSize);
        Assert.Equal(8, host.Queues.NewBatchThreshold);
        Assert.Equal(5, host.Queues.MaxDequeueCount);
        Assert.Equal(TimeSpan.Zero, host.Queues.VisibilityTimeout);
        Assert.Equal(TimeSpan.FromMinutes(1), host.Queues.MaxPollingInterval);
        Assert.True(host.Queues.Base64);
    }

    [Theory]
    [InlineData("00:00:01", 1)]
    [InlineData("01:00:00", 3600)]
    public void How_long_a_function_may_take(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Parse($$"""{ "version": "2.0", "functionTimeout": "{{text}}" }""").FunctionTimeout);

    [Fact]
    public void A_function_may_take_half_an_hour_or_any_time()
    {
        Assert.Equal(TimeSpan.FromMinutes(30), Parse("""{ "version": "2.0" }""").FunctionTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, Parse("""{ "version": "2.0", "functionTimeout": "-1" }""").FunctionTimeout);
    }

    [Theory]
    [InlineData("00:00:00.5")]
    [InlineData("25.00:00:00")]
    [InlineData("long")]
    public void A_time_that_makes_no_sense_is_refused(string text) =>
        Assert.Contains("functionTimeout", Assert.Throws<HostStartException>(() => Parse($$"""{ "version": "2.0", "functionTimeout": "{{text}}" }""")).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_said_counts_whatever_the_case_and_with_comments()
    {
        var host = Parse(
            """
            {
              // as people write it
              "version": "2.0",
              "Logging": { "logLevel": { "default": "warning", "Function": "Error" } },
              "extensions": {
                "http": { "routePrefix": "/v2/" },
                "Queues": {
                  "batchSize": 32, "maxDequeueCount": 1, "visibilityTimeout": "00:00:10",
                  "maxPollingInterval": "00:00:00.1", "messageEncoding": "none",
                },
              },
            }
            """);

        Assert.Equal("v2", host.RoutePrefix);
        Assert.Equal(LogLevel.Warning, host.LogLevels["default"]);
        Assert.Equal(LogLevel.Error, host.LogLevels["Function"]);
        Assert.Equal(32, host.Queues.BatchSize);
        Assert.Equal(16, host.Queues.NewBatchThreshold);
        Assert.Equal(1, host.Queues.MaxDequeueCount);
        Assert.Equal(TimeSpan.FromSeconds(10), host.Queues.VisibilityTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(100), host.Queues.MaxPollingInterval);
        Assert.False(host.Queues.Base64);
    }

    [Fact]
    public void Settings_of_the_app_go_over_what_is_said()
    {
        var host = Parse(
            """{ "version": "2.0", "extensions": { "queues": { "batchSize": 1, "newBatchThreshold": 0, "maxDequeueCount": 3 } } }""",
            ("AzureFunctionsJobHost:extensions:queues:batchSize", "8"),
            ("AzureFunctionsJobHost:extensions:http:routePrefix", "v3"),
            ("AzureFunctionsJobHost:logging:logLevel:QuotaFunctions", "Debug"));

        Assert.Equal(8, host.Queues.BatchSize);
        Assert.Equal(0, host.Queues.NewBatchThreshold);
        Assert.Equal(3, host.Queues.MaxDequeueCount);
        Assert.Equal("v3", host.RoutePrefix);
        Assert.Equal(LogLevel.Debug, host.LogLevels["QuotaFunctions"]);
    }

    [Fact]
    public void A_setting_that_the_host_could_not_work_with_is_refused_by_name()
    {
        var exception = Assert.Throws<HostStartException>(
            () => Parse("""{ "version": "2.0" }""", ("AzureFunctionsJobHost:extensions:queues:batchSize", "33")));
        Assert.Contains("batchSize", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "host.json")]
    [InlineData("{}", "version")]
    [InlineData("""{ "version": "1.0" }""", "version")]
    [InlineData("""{ "version": "2.0", "logging": { "logLevel": { "default": "loud" } } }""", "logLevel.default")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "batchSize": 0 } } }""", "batchSize")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "batchSize": 33 } } }""", "batchSize")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "batchSize": "many" } } }""", "host.json")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "newBatchThreshold": -1 } } }""", "newBatchThreshold")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "maxDequeueCount": 0 } } }""", "maxDequeueCount")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "visibilityTimeout": "8.00:00:00" } } }""", "visibilityTimeout")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "maxPollingInterval": "00:00:00.099" } } }""", "maxPollingInterval")]
    [InlineData("""{ "version": "2.0", "extensions": { "queues": { "messageEncoding": "rot13" } } }""", "messageEncoding")]
    public void What_the_host_could_not_work_with_is_refused_by_name(string json, string inMessage)
    {
        var exception = Assert.Throws<HostStartException>(() => Parse(json));
        Assert.Contains(inMessage, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    private static HostJson Parse(string json, params IEnumerable<(string Name, string Value)> settings) => HostJson.Parse(
        json, new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}
