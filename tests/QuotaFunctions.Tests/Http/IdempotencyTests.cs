using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class IdempotencyTests
{
    [Fact]
    public void Without_the_header_nothing_is_claimed()
    {
        Assert.True(Idempotency.TryRead(new DefaultHttpContext().Request, "POST /x", "body"u8, out var claim));
        Assert.Null(claim);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("order 4711 ~")]
    public void What_is_claimed_is_the_key_and_what_is_asked_for(string key)
    {
        var claim = Read(key, "POST /x", "body"u8);

        Assert.Equal(key, claim?.Key);
        Assert.Matches("^[0-9a-f]{64}$", claim!.RequestHash);
        Assert.Equal(claim, Read(key, "POST /x", "body"u8));
        Assert.NotEqual(claim, Read(key, "PUT /x", "body"u8));
        Assert.NotEqual(claim, Read(key, "POST /y", "body"u8));
        Assert.NotEqual(claim, Read(key, "POST /x", "Body"u8));
    }

    [Fact]
    public void A_key_has_1_to_255_printable_characters_and_stands_once()
    {
        Assert.NotNull(Read(new string('x', 255), "POST /x", default));
        foreach (var values in new StringValues[] { "", new string('x', 256), "ä", "a\tb", new[] { "a", "b" } })
        {
            Assert.Null(Read(values, "POST /x", default));
        }
    }

    private static IdempotencyClaim? Read(StringValues key, string target, ReadOnlySpan<byte> body)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers[Idempotency.Header] = key;
        var isGood = Idempotency.TryRead(request, target, body, out var claim);
        Assert.Equal(isGood, claim is not null);
        return claim;
    }
}
