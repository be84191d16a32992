using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class AdminTokensTests
{
    private static readonly AdminTokens Both = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token", AdminReadOnlyToken = "the-reader" }), new FakeLogger<AdminTokens>());
    private static readonly AdminTokens FullOnly = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token" }), new FakeLogger<AdminTokens>());

    [Theory]
    [InlineData("the-full-token", AdminAccess.Full)]
    [InlineData("the-reader", AdminAccess.ReadOnly)]
    [InlineData("the-full-toke", AdminAccess.None)]
    [InlineData("the-full-token ", AdminAccess.None)]
    [InlineData("The-full-token", AdminAccess.None)]
    [InlineData("", AdminAccess.None)]
    [InlineData("\ud800", AdminAccess.None)]
    public void A_token_is_known_to_the_letter(string token, AdminAccess access) => Assert.Equal(access, Both.Check(token));

    [Theory]
    [InlineData("")]
    [InlineData("the-reader")]
    public void Without_a_read_only_token_nothing_passes_for_it(string token) => Assert.Equal(AdminAccess.None, FullOnly.Check(token));

    [Theory]
    [InlineData(31, 32, "ADMIN_TOKEN")]
    [InlineData(32, 31, "ADMIN_READONLY_TOKEN")]
    [InlineData(32, 32, null)]
    public void A_token_of_less_than_32_characters_is_warned_of_and_not_shown(int length, int readOnlyLength, string? setting)
    {
        var logger = new FakeLogger<AdminTokens>();
        var options = new ServiceOptions { AdminToken = new string('x', length), AdminReadOnlyToken = new string('y', readOnlyLength) };
        _ = new AdminTokens(Options.Create(options), logger);
        Assert.Equal(setting is null ? [] : [$"{setting} is shorter than 32 characters: set it to a random secret, for example the output of `openssl rand -hex 32`."],
            logger.Collector.GetSnapshot().Select(record => record.Message));
    }

    [Fact]
    public void However_long_a_token_is_it_is_only_unknown() => Assert.Equal(AdminAccess.None, Both.Check(new string('x', 1_000_000)));
}
