using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class AdminTokensTests
{
    private static readonly AdminTokens Both = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token", AdminReadOnlyToken = "the-reader" }));
    private static readonly AdminTokens FullOnly = new(Options.Create(new ServiceOptions { AdminToken = "the-full-token" }));

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

    [Fact]
    public void However_long_a_token_is_it_is_only_unknown() => Assert.Equal(AdminAccess.None, Both.Check(new string('x', 1_000_000)));
}
