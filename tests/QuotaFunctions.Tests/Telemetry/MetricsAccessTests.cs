using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Telemetry;

namespace QuotaFunctions.Tests.Telemetry;

public sealed class MetricsAccessTests
{
    [Theory]
    [InlineData(null, MetricsScope.None)]
    [InlineData("something-else", MetricsScope.None)]
    [InlineData("the-metrics-toke", MetricsScope.None)]
    [InlineData("the-metrics-token", MetricsScope.Full)]
    [InlineData("the-full-token", MetricsScope.Full)]
    [InlineData("the-reader", MetricsScope.Full)]
    public void With_a_token_set_only_it_and_admin_tokens_count(string? token, MetricsScope scope) => Assert.Equal(scope, Access("the-metrics-token").Of(token));

    [Theory]
    [InlineData(null, MetricsScope.Anonymous)]
    [InlineData("something-else", MetricsScope.Anonymous)]
    [InlineData("the-full-token", MetricsScope.Full)]
    public void Without_one_everybody_sees_what_names_no_key(string? token, MetricsScope scope) => Assert.Equal(scope, Access(null).Of(token));

    private static MetricsAccess Access(string? token) => new(
        Options.Create(new TelemetryOptions { MetricsToken = token }),
        new AdminTokens(Options.Create(new ServiceOptions { AdminToken = "the-full-token", AdminReadOnlyToken = "the-reader" }), new FakeLogger<AdminTokens>()));
}
