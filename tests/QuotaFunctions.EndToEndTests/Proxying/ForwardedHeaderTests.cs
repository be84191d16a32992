using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Which headers reach the upstream and the client, and how.</summary>
[Collection(ProxyFixture.Name)]
public sealed class ForwardedHeaderTests(ProxyFixture fixture)
{
    [Fact]
    public async Task The_key_may_come_as_a_bearer_token()
    {
        using var key = await fixture.NewKeyAsync();
        using var client = new HttpClient { BaseAddress = fixture.Host.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);

        using var response = await client.PostAsync("/v1/chat/completions", new StringContent("""{"model":"sample-small","messages":[]}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, await key.UsedAsync());
    }

    [Fact]
    public async Task The_clients_key_never_arrives_and_the_providers_credential_does()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(
            HttpMethod.Get, "/providers/sample/echo?a=b%20c&d", null,
            ("Authorization", "Bearer " + key.Secret), ("Cookie", "session=1"), ("Connection", "X-Hop"), ("X-Hop", "1"), ("X-Mine", "yes"),
            ("X-Forwarded-For", "1.2.3.4"), ("Proxy-Authorization", "Basic x"), ("TE", "trailers"), ("X-Request-Id", "mine-1"));

        var text = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain(key.Secret, text, StringComparison.Ordinal);
        var answer = JsonDocument.Parse(text).RootElement;
        var headers = answer.GetProperty("headers").EnumerateObject().ToDictionary(header => header.Name, header => header.Value.GetString());
        Assert.Equal("/echo?a=b%20c&d", answer.GetProperty("path").GetString());
        Assert.Equal("Bearer " + AppSettings.UpstreamCredential, headers["authorization"]);
        Assert.Equal("yes", headers["x-mine"]);
        Assert.Equal("mine-1", headers["x-request-id"]);
        Assert.Equal(fixture.Sample.BaseAddress.Authority, headers["host"]);
        Assert.Empty(headers.Keys.Intersect(["x-api-key", "cookie", "x-hop", "x-forwarded-for", "proxy-authorization", "te"]));
        Assert.Equal("mine-1", response.Header("X-Request-Id"));
    }

    [Fact]
    public async Task A_provider_may_want_its_credential_in_a_header_of_its_own()
    {
        using var key = await fixture.NewKeyAsync();
        string? credential = null;
        var name = fixture.Scripted.On(context =>
        {
            credential = context.Request.Headers["x-scripted-key"];
            Assert.False(context.Request.Headers.ContainsKey("Authorization"));
            return Task.CompletedTask;
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/Scripted/{name}", null, ("x-scripted-key", "of-the-client"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("scripted-credential", credential);
    }

    [Fact]
    public async Task Redirects_and_compressed_answers_are_the_clients_business()
    {
        using var key = await fixture.NewKeyAsync();
        byte[] zipped = [0x1f, 0x8b, 1, 2, 3];
        var name = fixture.Scripted.On(async context =>
        {
            Assert.Equal("gzip", context.Request.Headers.AcceptEncoding);
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.SetCookie = "a=b";
            context.Response.Headers["RateLimit"] = "\"upstream\";r=1";
            await context.Response.Body.WriteAsync(zipped);
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}", null, ("Accept-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("http://127.0.0.1:1/elsewhere", response.Header("Location"));
        Assert.Equal(zipped, await response.Content.ReadAsByteArrayAsync());
        Assert.Null(response.Header("Set-Cookie"));
        Assert.StartsWith("\"quota\"", response.Header("RateLimit"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attachment; filename=\"gr\u00c3\u00bcn.txt\"")]
    [InlineData("attachment; filename=\"gr\u00fcn.txt\"")]
    public async Task A_header_of_an_answer_in_utf_8_or_latin_1_comes_byte_by_byte(string bytes)
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.OnRaw($"HTTP/1.1 200 OK\r\nContent-Disposition: {bytes}\r\nContent-Length: 2\r\n\r\nok");

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}");

        // HttpClient makes a character of each byte
        Assert.Equal(bytes, response.Header("Content-Disposition"));
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task A_header_of_a_request_in_utf_8_goes_on_byte_by_byte()
    {
        using var key = await fixture.NewKeyAsync();
        var head = "";
        var name = fixture.Scripted.OnRaw((request, connection) =>
        {
            head = request;
            return ScriptedUpstream.WriteAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}", null, ("X-Mine", "gr\u00c3\u00bcn"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\nX-Mine: gr\u00c3\u00bcn\n", head, StringComparison.Ordinal);
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task In_another_encoding_it_is_400_goes_nowhere_and_costs_nothing()
    {
        using var key = await fixture.NewKeyAsync();
        var isAsked = false;
        var name = fixture.Scripted.On(_ =>
        {
            isAsked = true;
            return Task.CompletedTask;
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}", null, ("X-Mine", "gr\u00fcn"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(isAsked);
        Assert.Equal(0, await key.UsedAsync());
    }
}
