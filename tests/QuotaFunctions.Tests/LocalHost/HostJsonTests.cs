using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class HostJsonTests
{
    [Fact]
    public void What_is_not_said_has_the_Functions_hosts_default()
    {
        var host = HostJson.Parse("""{ "version": "2.0" }""");

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

    [Fact]
    public void What_is_said_counts_whatever_the_case_and_with_comments()
    {
        var host = HostJson.Parse(
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
        var exception = Assert.Throws<HostStartException>(() => HostJson.Parse(json));
        Assert.Contains(inMessage, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
