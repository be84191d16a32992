using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Which credential of a provider comes next.</summary>
public sealed class CredentialRotationTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ProviderCatalog _catalog = ProxySettings.Catalog(
        ("Providers__p__BaseUrl", "https://p.example.com"), ("Providers__p__ApiKey", "a"), ("Providers__p__Credentials__0", "b"), ("Providers__p__Credentials__1", "c"),
        ("Providers__open__BaseUrl", "https://open.example.com"), ("Providers__open__AuthScheme", "none"));

    private readonly CredentialRotation _rotation;

    public CredentialRotationTests() => _rotation = new CredentialRotation(_catalog, _time);

    private Provider P => _catalog.Find("p")!;

    [Fact]
    public void They_come_in_turn() => Assert.Equal("abcabc", Next(6));

    [Theory]
    [InlineData(401, true)]
    [InlineData(402, true)]
    [InlineData(403, true)]
    [InlineData(429, true)]
    [InlineData(400, false)]
    [InlineData(500, false)]
    [InlineData(200, false)]
    public void One_that_is_refused_or_told_to_wait_rests(int status, bool rests)
    {
        _rotation.Note(P, "b", status, retryAfter: null);

        Assert.Equal(rests ? "accacc" : "abcabc", Next(6));
        _time.Advance(CredentialRotation.DefaultRest - TimeSpan.FromTicks(1));
        Assert.Equal(rests ? "accacc" : "abcabc", Next(6));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("abcabc", Next(6));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(600, 600)]
    [InlineData(0, 60)]
    [InlineData(-5, 60)]
    [InlineData(3600, 3600)]
    [InlineData(1_000_000, 3600)]
    public void It_rests_as_long_as_it_is_told_within_reason(int retryAfter, int seconds)
    {
        _rotation.Note(P, "b", 429, TimeSpan.FromSeconds(retryAfter));
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.DoesNotContain('b', Next(3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains('b', Next(3));
    }

    [Fact]
    public void Where_all_rest_the_one_is_used_that_rests_the_least_long()
    {
        _rotation.Note(P, "a", 429, TimeSpan.FromSeconds(30));
        _rotation.Note(P, "b", 429, TimeSpan.FromSeconds(10));
        Assert.False(_rotation.IsResting(P));
        _rotation.Note(P, "c", 401, retryAfter: null);

        Assert.True(_rotation.IsResting(P));
        Assert.Equal("bbb", Next(3));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_rotation.IsResting(P));
    }

    [Fact]
    public void A_provider_refuses_when_it_refuses_every_credential()
    {
        Assert.False(_rotation.Note(P, "a", 401, retryAfter: null));
        Assert.False(_rotation.Note(P, "b", 403, retryAfter: null));
        Assert.True(_rotation.Note(P, "c", 402, retryAfter: null));
        Assert.True(_rotation.Note(P, "c", 200, retryAfter: null));
        Assert.False(_rotation.Note(P, "a", 401, retryAfter: null));
    }

    [Theory]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(429, true)]
    public void Where_no_credential_is_sent_none_is_refused(int status, bool rests)
    {
        var open = _catalog.Find("open")!;
        _rotation.Note(open, _rotation.Next(open), status, retryAfter: null);

        Assert.Equal(rests, _rotation.IsResting(open));
    }

    private string Next(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => _rotation.Next(P)));
}
