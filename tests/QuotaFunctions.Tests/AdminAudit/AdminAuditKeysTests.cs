using QuotaFunctions.Core.AdminAudit;

namespace QuotaFunctions.Tests.AdminAudit;

public sealed class AdminAuditKeysTests
{
    private const string Random = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void An_id_says_when_the_action_began()
    {
        var at = new DateTimeOffset(2026, 11, 29, 12, 30, 15, TimeSpan.Zero);

        var id = AdminAuditKeys.NewId(at);

        Assert.True(AdminAuditKeys.IsId(id));
        Assert.Equal(at, AdminAuditKeys.At(id));
    }

    [Theory]
    [InlineData("0516297696000000000-" + Random, true)]
    [InlineData("3155378975999999999-" + Random, true)]
    [InlineData("3155378976000000000-" + Random, false)]
    [InlineData("9999999999999999999-" + Random, false)]
    [InlineData("516297696000000000-" + Random, false)]
    [InlineData("0516297696000000000-" + Random + "0", false)]
    [InlineData("0516297696000000000", false)]
    [InlineData("", false)]
    public void Only_what_a_moment_can_be_made_of_is_an_id(string text, bool expected) => Assert.Equal(expected, AdminAuditKeys.IsId(text));
}
