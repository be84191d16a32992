using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class ClientKeyTests
{
    private const string Foreign = "sk-from-an-earlier-system";
    private static readonly string Ours = KeySecret.New("trial").Reveal();

    [Theory]
    [InlineData("X-API-Key", "")]
    [InlineData("x-api-key", "")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("authorization", "bearer  ")]
    [InlineData("api-key", "")]
    [InlineData("x-goog-api-key", "")]
    public void It_stands_in_any_of_four_headers(string header, string before)
    {
        Assert.Equal(Ours, Read((header, before + Ours)));
        Assert.Equal(Foreign, Read((header, before + Foreign)));
    }

    [Theory]
    [InlineData("X-API-Key", "")]
    [InlineData("X-API-Key", " ")]
    [InlineData("X-API-Key", Foreign)]
    [InlineData("X-API-Key", "not a key")]
    [InlineData("api-key", Foreign)]
    [InlineData("x-goog-api-key", Foreign)]
    public void What_stands_beside_a_good_one_does_not_matter(string header, string value) =>
        Assert.Equal(Ours, Read((header, value), ("Authorization", "Bearer " + Ours)));

    [Theory]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==")]
    [InlineData("Bearer " + Foreign)]
    [InlineData("Bearer")]
    [InlineData("")]
    public void Nor_does_another_authorization(string value)
    {
        Assert.Equal(Ours, Read(("Authorization", value), ("X-API-Key", Ours)));
        Assert.Equal(Ours, Read(("Authorization", value), ("x-goog-api-key", Ours)));
    }

    [Fact]
    public void Of_two_good_ones_the_first_header_counts()
    {
        var other = KeySecret.New("other").Reveal();

        Assert.Equal(other, Read(("Authorization", "Bearer " + Ours), ("X-API-Key", other)));
        Assert.Equal(other, Read(("x-goog-api-key", Ours), ("api-key", other)));
    }

    [Fact]
    public void Of_two_of_another_form_the_first_header_counts() =>
        Assert.Equal(Foreign, Read(("Authorization", "Bearer another"), ("X-API-Key", Foreign)));

    [Fact]
    public void A_header_that_stands_twice_is_read_line_by_line()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers["X-API-Key"] = new[] { Foreign, Ours };

        Assert.True(ClientKey.TryRead(request, out var secret, out _));
        Assert.Equal(Ours, secret.Reveal());
    }

    [Fact]
    public void A_mistyped_one_is_not_taken_for_one_of_another_form()
    {
        var mistyped = Ours[..^1] + (Ours[^1] == 'x' ? 'y' : 'x');

        Assert.Equal(Problem.KeyInvalid, ProblemOf(("X-API-Key", mistyped)));
        Assert.Equal(Foreign, Read(("X-API-Key", mistyped), ("api-key", Foreign)));
    }

    [Fact]
    public void Without_any_it_is_missing_and_not_invalid()
    {
        Assert.Equal(Problem.KeyMissing, ProblemOf());
        Assert.Equal(Problem.KeyMissing, ProblemOf(("X-API-Key", ""), ("Authorization", "Basic abc"), ("api-key", " ")));
        Assert.Equal(Problem.KeyInvalid, ProblemOf(("Authorization", "Bearer a b")));
    }

    private static string Read(params (string Name, string Value)[] headers)
    {
        Assert.True(ClientKey.TryRead(Request(headers), out var secret, out _));
        return secret.Reveal();
    }

    private static Problem ProblemOf(params (string Name, string Value)[] headers)
    {
        Assert.False(ClientKey.TryRead(Request(headers), out _, out var problem));
        return problem;
    }

    private static HttpRequest Request((string Name, string Value)[] headers)
    {
        var request = new DefaultHttpContext().Request;
        foreach (var (name, value) in headers)
        {
            request.Headers[name] = value;
        }

        return request;
    }
}
