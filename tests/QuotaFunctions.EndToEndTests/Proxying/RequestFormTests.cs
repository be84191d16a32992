using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>The same request, written as clients really write it, and written otherwise to get past a price, a rule or a list.</summary>
[Collection(ProxyFixture.Name)]
public sealed class RequestFormTests(ProxyFixture fixture)
{
    [Theory]
    [InlineData("X-API-Key", "")]
    [InlineData("X-API-Key", "sk-of-somebody-else")]
    [InlineData("api-key", "sk-of-somebody-else")]
    [InlineData("x-goog-api-key", "")]
    public async Task A_foreign_credential_beside_a_good_one_does_not_matter_and_goes_nowhere(string header, string value)
    {
        using var key = await fixture.NewKeyAsync();
        key.Client.DefaultRequestHeaders.Clear();

        using var response = await key.SendAsync(HttpMethod.Get, "/providers/sample/echo", null, ("Authorization", "Bearer " + key.Secret), (header, value));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("somebody-else", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api-key")]
    [InlineData("x-goog-api-key")]
    public async Task The_key_may_stand_where_an_sdk_puts_it(string header)
    {
        using var key = await fixture.NewKeyAsync();
        key.Client.DefaultRequestHeaders.Clear();

        using var response = await key.SendAsync(HttpMethod.Get, "/quota", null, (header, key.Secret), ("Authorization", "Basic dXNlcjpwYXNz"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1/models?key=#")]
    [InlineData("GET", "/providers/sample/echo?a=%2574rial_#")]
    [InlineData("GET", "/quota?api_key=#")]
    [InlineData("POST", "/quota/consume?api_key=#")]
    [InlineData("POST", "/proxy")]
    public async Task A_key_in_a_url_is_refused_and_goes_nowhere(string method, string path)
    {
        using var key = await fixture.NewKeyAsync();
        path = path.Replace("%2574rial_#", "%2574" + key.Secret[1..], StringComparison.Ordinal).Replace("#", key.Secret, StringComparison.Ordinal);

        using var response = await key.SendAsync(
            new HttpMethod(method), path, method == "POST" ? new StringContent($$"""{"endpoint":"{{fixture.Sample.BaseAddress}}echo?key={{key.Secret}}"}""") : null);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "key_in_url");
        Assert.DoesNotContain(key.Secret, problem.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Theory]
    [InlineData(1_300_000)]
    [InlineData(30_000_000)]
    public async Task A_large_body_with_its_model_at_the_end_is_routed_allowed_and_priced_by_it(int size)
    {
        using var key = await fixture.NewKeyAsync(("allowed_models", new[] { "scripted-dear" }));
        var received = 0L;
        var name = fixture.Scripted.On(async context =>
        {
            received = context.Request.ContentLength ?? -1;
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsJsonAsync(new { });
        });
        var body = $$"""{"messages":"{{new string('x', size)}}","model":"scripted-dear"}""";

        using var response = await key.PostAsync($"/v1/{name}", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body.Length, received);
        Assert.Equal("10", response.Header("X-Quota-Charged"));

        using var other = await key.PostAsync($"/v1/{name}", body.Replace("-dear", "-other", StringComparison.Ordinal));
        await other.IsProblemAsync(HttpStatusCode.Forbidden, "model_not_allowed");
    }

    [Fact]
    public async Task So_is_a_form_with_its_model_behind_a_file()
    {
        using var key = await fixture.NewKeyAsync(("allowed_models", new[] { "scripted-dear" }));
        var name = fixture.Scripted.On(async context => await context.Response.WriteAsJsonAsync(new { model = (await context.Request.ReadFormAsync())["model"].ToString() }));
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(new byte[3_000_000]), "file", "a.mp3" },
            { new StringContent("scripted-dear"), "model" },
        };

        using var response = await key.SendAsync(HttpMethod.Post, $"/v1/{name}", form);

        Assert.Equal("scripted-dear", (await response.JsonAsync()).GetProperty("model").GetString());
        Assert.Equal("10", response.Header("X-Quota-Charged"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_compressed_body_is_understood_and_arrives_plain(string coding)
    {
        using var key = await fixture.NewKeyAsync(("allowed_models", new[] { "sample-small" }));
        var body = """{"model":"sample-small","text":"hello"}""";

        using var response = await key.SendAsync(HttpMethod.Post, "/providers/sample/echo", Compressed(body, coding));
        using var consumed = await key.SendAsync(HttpMethod.Post, "/quota/consume", Compressed("""{"cost":7}""", coding));

        var answer = await response.JsonAsync();
        Assert.Equal(body, answer.GetProperty("body").GetString());
        Assert.False(answer.GetProperty("headers").TryGetProperty("content-encoding", out _));
        Assert.Equal("7", consumed.Header("X-Quota-Charged"));
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/proxy")]
    [InlineData("/quota/consume")]
    public async Task Another_encoding_is_415(string path)
    {
        using var key = await fixture.NewKeyAsync();
        using var content = new StringContent("{}");
        content.Headers.ContentEncoding.Add("zstd");

        using var response = await key.SendAsync(HttpMethod.Post, path, content);

        var problem = await response.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported_encoding");
        Assert.Contains("gzip, deflate or br", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task A_body_may_begin_with_a_byte_order_mark_on_every_route()
    {
        using var key = await fixture.NewKeyAsync();

        using var passed = await key.PostAsync("/v1/chat/completions", "\uFEFF{\"model\":\"scripted-nobody\",\"model\":\"b\"}");
        using var proxied = await key.PostAsync("/proxy", $$"""{{'\uFEFF'}}{"endpoint":"{{fixture.Sample.BaseAddress}}echo"}""");
        using var consumed = await key.PostAsync("/quota/consume", "\uFEFF{\"cost\":3}");

        await passed.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        Assert.Equal(HttpStatusCode.OK, proxied.StatusCode);
        Assert.Equal("3", consumed.Header("X-Quota-Charged"));
    }

    [Fact]
    public async Task A_key_with_a_list_may_list_models()
    {
        foreach (var list in new[] { "*", "sample-small" })
        {
            using var key = await fixture.NewKeyAsync(("allowed_models", new[] { list }));

            using var models = await key.SendAsync(HttpMethod.Get, "/v1/models");
            using var unnamed = await key.PostAsync("/v1/chat/completions", "{}");
            using var unreadable = await key.SendAsync(HttpMethod.Post, "/providers/sample/echo", new StringContent("""{"model":"sample-small","x":NaN}"""));

            Assert.Equal(HttpStatusCode.OK, models.StatusCode);
            await unnamed.IsProblemAsync(HttpStatusCode.Forbidden, "model_not_allowed");
            await unreadable.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        }
    }

    [Fact]
    public async Task A_web_socket_is_501_and_free()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(
            HttpMethod.Get, "/v1/realtime", null, ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="));

        await response.IsProblemAsync(HttpStatusCode.NotImplemented, "not_supported");
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task Nothing_may_be_consumed_and_is_in_the_log()
    {
        using var key = await fixture.NewKeyAsync(("quota", 0));

        using var response = await key.PostAsync("/quota/consume", """{"cost":0,"reference":"free"}""");
        using var refused = await key.PostAsync("/quota/consume", """{"cost":1}""");

        Assert.Equal(0, (await response.JsonAsync()).GetProperty("cost").GetInt64());
        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, "quota_exhausted");
        Assert.Equal(("consumed", 0), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Theory]
    [InlineData("/quota/consume")]
    [InlineData("/quota/charges/chg_20260101-1-0/settle")]
    public async Task The_services_own_routes_take_64_KiB(string path)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync(path, $$"""{"reference":"{{new string('x', 64 * 1024)}}"}""");

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Theory]
    [InlineData("http://127.1:PORT/echo")]
    [InlineData("http://2130706433:PORT/echo")]
    [InlineData("HTTP://127.0.0.1:PORT/x/../echo")]
    public async Task An_address_in_another_notation_is_the_same_address(string endpoint)
    {
        using var key = await fixture.NewKeyAsync();
        endpoint = endpoint.Replace("PORT", $"{fixture.Sample.BaseAddress.Port}", StringComparison.Ordinal);

        using var response = await key.PostAsync("/proxy", JsonSerializer.Serialize(new { endpoint }));

        Assert.Equal("/echo", (await response.JsonAsync()).GetProperty("path").GetString());
    }

    private static ByteArrayContent Compressed(string text, string coding)
    {
        var compressed = new MemoryStream();
        using (Stream encoder = coding switch
        {
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            encoder.Write(Encoding.UTF8.GetBytes(text));
        }

        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentEncoding.Add(coding);
        return content;
    }
}
