using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class AdminTokensTests
{
    private static readonly NamedAdminToken[] Named =
    [
        new("alice", Convert.ToHexString(SHA256.HashData("the-token-of-alice"u8)), IsReadOnly: false),
        new("ci", Convert.ToHexString(SHA256.HashData("the-token-of-ci"u8)), IsReadOnly: true),
    ];

    private static readonly AdminTokens Both = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token", AdminReadOnlyToken = "the-reader", NamedAdminTokens = Named }), new FakeLogger<AdminTokens>());
    private static readonly AdminTokens FullOnly = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token" }), new FakeLogger<AdminTokens>());

    [Theory]
    [InlineData("the-full-token", "admin", false)]
    [InlineData("the-reader", "admin_readonly", true)]
    [InlineData("the-token-of-alice", "alice", false)]
    [InlineData("the-token-of-ci", "ci", true)]
    public void A_token_is_its_holders(string token, string name, bool isReadOnly) => Assert.Equal(new AdminPrincipal(name, isReadOnly), Both.Find(token));

    [Theory]
    [InlineData("the-full-toke")]
    [InlineData("the-full-token ")]
    [InlineData("The-full-token")]
    [InlineData("")]
    [InlineData("\ud800")]
    public void A_token_is_known_to_the_letter(string token) => Assert.Null(Both.Find(token));

    [Theory]
    [InlineData("")]
    [InlineData("the-reader")]
    public void Without_a_read_only_token_nothing_passes_for_it(string token) => Assert.Null(FullOnly.Find(token));

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
    public void However_long_a_token_is_it_is_only_unknown() => Assert.Null(Both.Find(new string('x', 1_000_000)));
}
