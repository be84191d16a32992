using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class ForwardedHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Authorization")]
    [InlineData("X-API-Key")]
    [InlineData("x-api-key")]
    [InlineData("api-key")]
    [InlineData("x-goog-api-key")]
    [InlineData("Cookie")]
    [InlineData("Host")]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Upgrade")]
    [InlineData("Expect")]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("X-MS-TOKEN-AAD-ACCESS-TOKEN")]
    [InlineData("x-ms-client-principal")]
    [InlineData("x-functions-key")]
    [InlineData("X-Functions-ClientId")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("X-ARR-ClientCert")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Azure-ClientIP")]
    [InlineData("X-Client-IP")]
    [InlineData("traceparent")]
    [InlineData("baggage")]
    [InlineData("X-Secret-Header")]
    public void These_stay_here(string name)
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("AuthHeader", "X-Secret-Header"));
        using var request = ToUpstream(provider, (name, "client-value"));

        Assert.DoesNotContain("client-value", request.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Client-Request-Id")]
    [InlineData("X-Msg")]
    [InlineData("OpenAI-Organization")]
    public void These_go_on(string name)
    {
        using var request = ToUpstream(ProxySettings.Provider("https://api.example.com"), (name, "1"));

        Assert.Equal(["1"], request.Headers.GetValues(name));
    }

    [Fact]
    public void What_connection_names_stays_here_too()
    {
        using var request = ToUpstream(
            ProxySettings.Provider("https://api.example.com"), ("Connection", "close, X-Hop"), ("x-hop", "1"), ("X-Other", "2"), ("Accept-Encoding", "gzip"));

        Assert.False(request.Headers.Contains("X-Hop"));
        Assert.Equal(["2"], request.Headers.GetValues("X-Other"));
        Assert.Equal(["gzip"], request.Headers.GetValues("Accept-Encoding"));
    }

    [Fact]
    public void The_providers_credential_takes_the_keys_place()
    {
        using var bearer = ToUpstream(ProxySettings.Provider("https://api.example.com"), ("Authorization", "Bearer client"), ("X-API-Key", "client"));
        using var header = ToUpstream(ProxySettings.Provider("https://api.example.com", ("AuthHeader", "x-api-key")), ("x-api-key", "client"));
        using var none = ToUpstream(ProxySettings.Provider("https://api.example.com", ("AuthScheme", "none")), ("Authorization", "Bearer client"));

        Assert.Equal(["Bearer secret"], bearer.Headers.GetValues("Authorization"));
        Assert.False(bearer.Headers.Contains("X-API-Key"));
        Assert.Equal(["secret"], header.Headers.GetValues("x-api-key"));
        Assert.False(none.Headers.Contains("Authorization"));
    }

    [Fact]
    public void What_the_settings_add_takes_the_place_of_the_clients()
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("Headers", "OpenAI-Organization=ours; Authorization=Basic abc"), ("AuthScheme", "none"));
        using var request = ToUpstream(provider, ("openai-organization", "the client's"), ("Authorization", "Bearer client"), ("X-Other", "2"));

        Assert.Equal(["ours"], request.Headers.GetValues("OpenAI-Organization"));
        Assert.Equal(["Basic abc"], request.Headers.GetValues("Authorization"));
        Assert.Equal(["2"], request.Headers.GetValues("X-Other"));
        Assert.True(provider.HasCredential);
    }

    [Theory]
    [InlineData(null, "2023-06-01")]
    [InlineData("2024-01-01", "2024-01-01")]
    public void What_the_preset_adds_the_client_may_say_itself(string? client, string sent)
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("Preset", "anthropic"));
        using var request = client is null ? ToUpstream(provider) : ToUpstream(provider, ("Anthropic-Version", client));

        Assert.Equal([sent], request.Headers.GetValues("anthropic-version"));
    }

    [Theory]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("Strict-Transport-Security", "max-age=1")]
    [InlineData("Alt-Svc", "h3=\":443\"")]
    [InlineData("RateLimit", "\"upstream\";r=1")]
    [InlineData("X-Quota-Remaining", "1")]
    [InlineData("Connection", "close")]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Authenticate", "Basic")]
    [InlineData("Location", "https://api.example.com/v1/files?a=b&key=secret")]
    [InlineData("X-Odd", "gr\u00fcn")]
    [InlineData("X-Odd", "a\u0001b")]
    public void These_do_not_come_back(string name, string value)
    {
        var response = ToClient(HttpStatusCode.OK, (name, value));

        Assert.False(response.Headers.ContainsKey(name));
    }

    [Theory]
    [InlineData("attachment; filename=\"gr\u00fcn.txt\"", true)]
    [InlineData("attachment; filename=\"gr\u00c3\u00bcn.txt\"", true)]
    [InlineData("attachment;\tfilename=x", true)]
    [InlineData("attachment; filename=\u0001", false)]
    public void What_is_not_ascii_comes_back_where_the_server_writes_it(string value, bool comes)
    {
        var response = ToClient(HttpStatusCode.OK, beyondAscii: true, ("Content-Disposition", value));

        Assert.Equal(comes ? value : "", response.Headers.ContentDisposition.ToString());
    }

    [Fact]
    public void The_length_of_chunks_is_not_the_headers()
    {
        var response = ToClient(HttpStatusCode.OK, ("Transfer-Encoding", "chunked"), ("Content-Length", "5"));

        Assert.Null(response.ContentLength);
    }

    [Fact]
    public void The_rest_comes_back()
    {
        var response = ToClient(HttpStatusCode.OK, ("X-A", "1"), ("Vary", "Origin"), ("Location", "https://elsewhere.example/"), ("Content-Encoding", "gzip"), ("ETag", "\"x\""));

        Assert.Equal("1", response.Headers["X-A"]);
        Assert.Equal("https://elsewhere.example/", response.Headers.Location);
        Assert.Equal("gzip", response.Headers.ContentEncoding);
        Assert.Equal("\"x\"", response.Headers.ETag);
    }

    [Fact]
    public void What_an_upstreams_connection_names_does_not()
    {
        var response = ToClient(HttpStatusCode.OK, ("Connection", "X-Hop"), ("X-Hop", "1"), ("X-Other", "2"));

        Assert.False(response.Headers.ContainsKey("X-Hop"));
        Assert.Equal("2", response.Headers["X-Other"]);
    }

    [Theory]
    [InlineData(HttpStatusCode.NoContent, null)]
    [InlineData(HttpStatusCode.NotModified, 5L)]
    [InlineData(HttpStatusCode.OK, 5L)]
    public void An_answer_without_content_has_no_length(HttpStatusCode status, long? length) =>
        Assert.Equal(length, ToClient(status, ("Content-Length", "5")).ContentLength);

    [Fact]
    public void A_quota_as_headers()
    {
        var headers = Written(new QuotaSnapshot
        {
            Type = QuotaType.Count,
            Limit = 1000,
            Used = 151,
            Remaining = 849,
            RateLimitPerMinute = 60,
            RateRemaining = 59,
            RateResetsIn = TimeSpan.FromSeconds(42),
        }, charged: 1);

        Assert.Equal("\"quota\";q=1000, \"minute\";q=60;w=60", headers["RateLimit-Policy"]);
        Assert.Equal("\"quota\";r=849, \"minute\";r=59;t=42", headers["RateLimit"]);
        Assert.Equal("1000", headers["X-Quota-Limit"]);
        Assert.Equal("849", headers["X-Quota-Remaining"]);
        Assert.Equal("1", headers["X-Quota-Charged"]);
    }

    [Fact]
    public void A_quota_that_is_filled_up_again_says_when()
    {
        var headers = Written(new QuotaSnapshot { Type = QuotaType.Count, Unit = QuotaUnit.Tokens, Limit = 5, Used = 0, Remaining = 5, ResetsAt = Now.AddSeconds(89.2) });

        Assert.Equal("\"quota\";q=5;qu=\"tokens\"", headers["RateLimit-Policy"]);
        Assert.Equal("\"quota\";r=5;t=90", headers["RateLimit"]);
        Assert.False(headers.ContainsKey("X-Quota-Charged"));
    }

    [Fact]
    public void No_limit_is_the_largest_number_that_the_field_can_hold()
    {
        var headers = Written(new QuotaSnapshot { Type = QuotaType.Time, Used = 3 });

        Assert.Equal("\"quota\";q=999999999999999", headers["RateLimit-Policy"]);
        Assert.Equal("\"quota\";r=999999999999999", headers["RateLimit"]);
        Assert.Equal("unlimited", headers["X-Quota-Limit"]);
        Assert.Equal("unlimited", headers["X-Quota-Remaining"]);
    }

    private static IHeaderDictionary Written(QuotaSnapshot quota, long? charged = null)
    {
        var response = new DefaultHttpContext().Response;
        QuotaHeaders.Write(response, quota, Now, charged);
        return response.Headers;
    }

    private static HttpRequestMessage ToUpstream(Provider provider, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "https://api.example.com/") { Content = new ByteArrayContent([]) };
        ForwardedHeaders.CopyToUpstream(headers.Select(header => KeyValuePair.Create(header.Name, new StringValues(header.Value))), request, provider, provider.ApiKeys[0]);
        return request;
    }

    private static HttpResponse ToClient(HttpStatusCode status, params (string Name, string Value)[] headers) =>
        ToClient(status, beyondAscii: false, headers);

    private static HttpResponse ToClient(HttpStatusCode status, bool beyondAscii, params (string Name, string Value)[] headers)
    {
        using var upstream = new HttpResponseMessage(status) { Content = new ByteArrayContent([]) };
        foreach (var (name, value) in headers)
        {
            Assert.True(upstream.Headers.TryAddWithoutValidation(name, value) || upstream.Content.Headers.TryAddWithoutValidation(name, value));
        }

        var response = new DefaultHttpContext().Response;
        response.StatusCode = (int)status;
        ForwardedHeaders.CopyToClient(upstream, response, ProxySettings.Provider("https://api.example.com", ("AuthQuery", "key")), beyondAscii);
        return response;
    }
}
