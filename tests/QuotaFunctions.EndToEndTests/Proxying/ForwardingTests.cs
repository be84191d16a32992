using System.Net;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>A request goes to the right upstream, with the right headers, and its answer comes back.</summary>
[Collection(ProxyFixture.Name)]
public sealed class ForwardingTests(ProxyFixture fixture)
{
    private const string Hello = """{"model":"sample-small","messages":[{"role":"user","content":"hello"}]}""";

    [Fact]
    public async Task A_completion_is_answered_charged_and_logged()
    {
        using var key = await fixture.NewKeyAsync(("rate_limit_per_minute", 60));

        using var response = await key.PostAsync("/v1/chat/completions", Hello);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.JsonAsync();
        Assert.StartsWith("You said: hello", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal("1000", response.Header("X-Quota-Limit"));
        Assert.Equal("999", response.Header("X-Quota-Remaining"));
        Assert.Equal("1", response.Header("X-Quota-Charged"));
        Assert.Equal("\"quota\";q=1000, \"minute\";q=60;w=60", response.Header("RateLimit-Policy"));
        Assert.Matches("^\"quota\";r=999, \"minute\";r=59;t=(60|59)$", response.Header("RateLimit"));
        Assert.NotNull(response.Header("X-Request-Id"));
        var row = await key.OnlyLogRowAsync();
        Assert.Equal("succeeded", row.GetProperty("outcome").GetString());
        Assert.Equal(200, row.GetProperty("status").GetInt32());
        Assert.Equal("sample", row.GetProperty("provider").GetString());
        Assert.Equal("sample-small", row.GetProperty("model").GetString());
        Assert.Equal("127.0.0.1", row.GetProperty("address").GetString());
        Assert.Equal(response.Header("X-Request-Id"), row.GetProperty("request_id").GetString());
        await key.BooksBalanceAsync();
    }

    /// <summary>JSON may take six characters for one of its: what storage would not take, no row of the log could hold.</summary>
    [Fact]
    public async Task A_call_with_a_long_path_is_logged_with_its_beginning()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Get, "/providers/sample/echo/" + new string('+', 7500), null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var row = await key.OnlyLogRowAsync();
        Assert.Equal("succeeded", row.GetProperty("outcome").GetString());
        Assert.Equal("/echo/" + new string('+', 494), row.GetProperty("path").GetString());
        await key.BooksBalanceAsync();
    }

    [Theory]
    [InlineData("scripted-small", true)]
    [InlineData("unheard-of", false)]
    [InlineData(null, false)]
    public async Task The_model_picks_the_provider(string? model, bool isScripted)
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.OnText("text/plain", "scripted");

        using var response = await key.PostAsync($"/v1/{name}", JsonSerializer.Serialize(new { model, n = 1 }));

        Assert.Equal(isScripted ? HttpStatusCode.OK : model is null ? HttpStatusCode.BadRequest : HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(isScripted, await response.Content.ReadAsStringAsync() == "scripted");
    }

    [Fact]
    public async Task The_path_goes_on_to_the_letter()
    {
        using var key = await fixture.NewKeyAsync();
        string? target = null;
        var name = fixture.Scripted.On(context =>
        {
            target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            return Task.CompletedTask;
        });

        using var request = new HttpRequestMessage
        {
            // As HttpClient would not send it of its own accord
            RequestUri = new Uri(
                $"{fixture.Host.BaseAddress}providers/scripted/{name}/a%2Fb%20%41%c3%A4/?q=%2f+x&&=",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }),
        };
        using var response = await key.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"/scripted/{name}/a%2Fb%20%41%c3%A4/?q=%2f+x&&=", target);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Every_method_goes_through(string method)
    {
        using var key = await fixture.NewKeyAsync();
        string? seen = null;
        var name = fixture.Scripted.On(context =>
        {
            seen = context.Request.Method;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        });

        using var response = await key.SendAsync(new HttpMethod(method), $"/providers/scripted/{name}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(method, seen);
        Assert.Equal(1, await key.UsedAsync());
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    public async Task But_no_other(string method)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(new HttpMethod(method), "/providers/sample/echo");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task Head_has_the_headers_and_no_body()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Head, "/providers/sample/bytes/5000");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(5000, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task Answers_without_content_come_through(int status)
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.On(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.ETag = "\"x\"";
            return Task.CompletedTask;
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("\"x\"", response.Header("ETag"));
        Assert.Equal(1, await key.UsedAsync());
    }

    [Fact]
    public async Task An_envelope_names_its_endpoint()
    {
        using var key = await fixture.NewKeyAsync();
        var envelope = new
        {
            endpoint = new Uri(fixture.Sample.BaseAddress, "/echo?x=1"),
            method = "PUT",
            headers = new Dictionary<string, string> { ["X-Mine"] = "yes", ["Authorization"] = "Bearer mine", ["Host"] = "evil.example" },
            body = new { a = 1 },
        };

        using var response = await key.PostAsync("/proxy", JsonSerializer.Serialize(envelope));

        var answer = await response.JsonAsync();
        Assert.Equal("PUT", answer.GetProperty("method").GetString());
        Assert.Equal("/echo?x=1", answer.GetProperty("path").GetString());
        Assert.Equal("""{"a":1}""", answer.GetProperty("body").GetString());
        var headers = answer.GetProperty("headers");
        Assert.Equal("yes", headers.GetProperty("x-mine").GetString());
        Assert.Equal("application/json", headers.GetProperty("content-type").GetString());
        Assert.Equal("Bearer " + AppSettings.UpstreamCredential, headers.GetProperty("authorization").GetString());
        Assert.Equal(fixture.Sample.BaseAddress.Authority, headers.GetProperty("host").GetString());
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task Without_body_and_method_an_envelope_is_a_get()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/proxy", JsonSerializer.Serialize(new { endpoint = new Uri(fixture.Sample.BaseAddress, "/echo") }));

        var answer = await response.JsonAsync();
        Assert.Equal("GET", answer.GetProperty("method").GetString());
        Assert.Equal(0, answer.GetProperty("bytes").GetInt32());
    }

    [Fact]
    public async Task Costs_follow_the_model_and_the_path()
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.OnText("text/plain", "");
        var dearName = fixture.Scripted.On(_ => Task.CompletedTask, "dear");

        using var plain = await key.PostAsync($"/providers/scripted/{name}", """{"model":"scripted-cheap"}""");
        using var byModel = await key.PostAsync($"/providers/scripted/{name}", """{"model":"scripted-dear"}""");
        using var byPath = await key.PostAsync($"/providers/scripted/{dearName}", """{"model":"scripted-cheap"}""");

        Assert.Equal("1", plain.Header("X-Quota-Charged"));
        Assert.Equal("10", byModel.Header("X-Quota-Charged"));
        Assert.Equal("25", byPath.Header("X-Quota-Charged"));
        Assert.Equal(36, await key.UsedAsync());
    }
}
