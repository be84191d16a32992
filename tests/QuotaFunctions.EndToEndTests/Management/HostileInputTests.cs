using System.Net;
using System.Text;
using System.Text.Json;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Input that is malformed, hostile or much too large: the contract's error, and never a fault of the service's own.</summary>
[Collection(AppFixture.Name)]
public sealed class HostileInputTests(AppFixture app)
{
    private static readonly (HttpMethod Method, string Path)[] WithBody =
    [
        (HttpMethod.Post, "/manage/keys"),
        (HttpMethod.Patch, "/manage/keys/{key}"),
        (HttpMethod.Post, "/manage/keys/{key}/reset"),
        (HttpMethod.Post, "/manage/keys/{key}/topup"),
        (HttpMethod.Post, "/manage/keys/{key}/rotate"),
        (HttpMethod.Post, "/manage/pools"),
        (HttpMethod.Patch, "/manage/pools/{pool}"),
        (HttpMethod.Post, "/manage/pools/{pool}/reset"),
        (HttpMethod.Post, "/manage/pools/{pool}/topup"),
    ];

    public static TheoryData<string, byte[]> Bodies => new()
    {
        { "cut off", "{"u8.ToArray() },
        { "no JSON", "name=n&quota=1"u8.ToArray() },
        { "a list", "[]"u8.ToArray() },
        { "a list of what would be good", """[{"name":"n","quota":1}]"""u8.ToArray() },
        { "text", "\"text\""u8.ToArray() },
        { "null", "null"u8.ToArray() },
        { "a number", "1"u8.ToArray() },
        { "NaN", """{"quota":NaN,"amount":NaN,"overlap_seconds":NaN}"""u8.ToArray() },
        { "unknown fields", """{"no_such_field":1}"""u8.ToArray() },
        { "a prototype", """{"__proto__":{"admin":true},"constructor":1}"""u8.ToArray() },
        { "the same field twice", """{"quota":1,"quota":2,"amount":1,"amount":2,"overlap_seconds":0,"overlap_seconds":1}"""u8.ToArray() },
        { "numbers as text", """{"name":"n","quota":"1","amount":"1","overlap_seconds":"1"}"""u8.ToArray() },
        { "huge numbers", """{"name":"n","quota":1e999,"amount":1e999,"overlap_seconds":1e999}"""u8.ToArray() },
        { "numbers beyond 64 bits", """{"name":"n","quota":99999999999999999999,"amount":99999999999999999999,"overlap_seconds":99999999999999999999}"""u8.ToArray() },
        { "negative numbers", """{"name":"n","quota":-1,"amount":-1,"overlap_seconds":-1}"""u8.ToArray() },
        { "fractions", """{"name":"n","quota":0.5,"amount":0.5,"overlap_seconds":0.5}"""u8.ToArray() },
        { "lists for values", """{"name":["n"],"quota":[1],"amount":[1],"overlap_seconds":[1]}"""u8.ToArray() },
        { "deep nesting", Encoding.UTF8.GetBytes("{\"quota\":" + new string('[', 100_000) + new string(']', 100_000) + "}") },
        { "half a surrogate pair as a name", """{"\ud800":1}"""u8.ToArray() },
        { "half a surrogate pair as a value", """{"name":"\ud800","quota":"\udc00","amount":"\udc00","overlap_seconds":"\udc00"}"""u8.ToArray() },
        { "not UTF-8", [.. "{\"name\":\""u8, 0xC3, 0x28, 0xFF, .. "\",\"quota\":\"\",\"amount\":\"\",\"overlap_seconds\":\"\"}"u8] },
        { "UTF-16", Encoding.Unicode.GetBytes("""{"name":"n","quota":1,"amount":1}""") },
        { "zeros", new byte[1000] },
        { "very many fields", Encoding.UTF8.GetBytes("{" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"f{i}\":1")) + "}") },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_wrong_is_told_so_on_every_route(string what, byte[] body)
    {
        var (key, pool) = await MakeAsync();
        foreach (var (method, path) in WithBody)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/json");
            var answer = await app.Admin.CallAsync(method, Filled(path, key, pool), content);
            AssertRefused(answer, HttpStatusCode.BadRequest, "invalid_request", $"{what}: {method} {path}");
            var errors = answer.Json.GetProperty("errors").EnumerateObject().ToList();
            Assert.NotEmpty(errors);
            Assert.All(errors, error => Assert.All(error.Value.EnumerateArray(), message => Assert.NotEmpty(message.GetString()!)));
            Assert.InRange(answer.Json.GetRawText().Length, 1, 50_000);
        }

        // Nothing of it did anything
        var shown = (await app.Admin.GetJsonAsync($"/manage/keys/{key}")).Json;
        Assert.Equal(("n", 10, "active"), (shown.GetProperty("name").GetString(), shown.GetProperty("quota").GetInt32(), shown.GetProperty("status").GetString()));
        Assert.Equal(10, (await app.Admin.GetJsonAsync($"/manage/pools/{pool}")).Number("quota"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task What_a_good_body_is_called_does_not_matter(string type)
    {
        using var content = new ByteArrayContent("""{"name":"n","quota":1}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        Assert.Equal(HttpStatusCode.Created, (await app.Admin.CallAsync(HttpMethod.Post, "/manage/keys", content)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_10_MiB_is_too_large(bool chunked)
    {
        var (key, pool) = await MakeAsync();
        foreach (var (method, path) in WithBody)
        {
            using HttpContent content = new ByteArrayContent(new byte[(10 * 1024 * 1024) + 1]);
            using var request = new HttpRequestMessage(method, new Uri(app.Host.BaseAddress, Filled(path, key, pool))) { Content = content };
            request.Headers.TransferEncodingChunked = chunked;

            // So that the answer is not lost to a connection that breaks while the body is still being sent
            request.Headers.ExpectContinue = true;
            using var response = await app.Admin.SendAsync(request);
            Assert.Equal((method, path, HttpStatusCode.RequestEntityTooLarge), (method, path, response.StatusCode));
            Assert.Equal("body_too_large", JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("key_")]
    [InlineData("key_00000000000000000000")]
    [InlineData("key_000000000000000000000")]
    [InlineData("key_0000000000000000000%27")]
    [InlineData("%27%20or%20PartitionKey%20ne%20%27")]
    [InlineData("';%20DROP%20TABLE%20accounts--")]
    [InlineData("%22%3E%3Cscript%3E")]
    [InlineData("%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("a%2Fb%5Cc%23d%3Fe")]
    [InlineData("%E5%AF%86%E9%92%A5")]
    [InlineData("%F0%9F%94%91")]
    [InlineData("%20")]
    [InlineData("%09")]
    [InlineData("%7F")]
    [InlineData("%")]
    [InlineData("%zz")]
    [InlineData("%ff%fe")]
    [InlineData("%u0041")]
    [InlineData("pool_00000000000000000000")]
    public async Task A_name_that_nobody_has_is_not_found_on_every_route(string name)
    {
        foreach (var path in (string[])["/manage/keys/{0}", "/manage/keys/{0}/quota", "/manage/keys/{0}/logs", "/manage/keys/{0}/verify", "/manage/pools/{0}"])
        {
            AssertRefused(await app.Admin.GetJsonAsync(string.Format(null, path, name)), HttpStatusCode.NotFound, "not_found", $"GET {path} {name}");
        }

        foreach (var path in (string[])["/manage/keys/{0}", "/manage/pools/{0}"])
        {
            AssertRefused(await app.Admin.DeleteJsonAsync(string.Format(null, path, name)), HttpStatusCode.NotFound, "not_found", $"DELETE {path} {name}");
            AssertRefused(await app.Admin.PatchJsonAsync(string.Format(null, path, name), "{}"), HttpStatusCode.NotFound, "not_found", $"PATCH {path} {name}");
            AssertRefused(await app.Admin.PostJsonAsync(string.Format(null, path + "/topup", name), """{"amount":1}"""), HttpStatusCode.NotFound, "not_found", $"POST {path} {name}");
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(7_000)]
    public async Task A_name_may_be_very_long(int length)
    {
        AssertRefused(await app.Admin.GetJsonAsync($"/manage/keys/{new string('x', length)}"), HttpStatusCode.NotFound, "not_found", $"{length} characters");
        AssertRefused(await app.Admin.GetJsonAsync($"/manage/keys/key_{new string('0', length)}"), HttpStatusCode.NotFound, "not_found", $"{length} digits");
    }

    [Theory]
    [InlineData("/manage/keys?limit=0", "limit")]
    [InlineData("/manage/keys?limit=1001", "limit")]
    [InlineData("/manage/keys?limit=1&limit=2", "limit")]
    [InlineData("/manage/keys?limit=%00", "limit")]
    [InlineData("/manage/keys?cursor=%27%20or%20true", "cursor")]
    [InlineData("/manage/keys?cursor=key_", "cursor")]
    [InlineData("/manage/keys?status=%27", "status")]
    [InlineData("/manage/keys?order=name", "order")]
    [InlineData("/manage/pools?x=1", "x")]
    [InlineData("/manage/keys/{key}/logs?page=0", "page")]
    [InlineData("/manage/keys/{key}/logs?page_size=1001", "page_size")]
    [InlineData("/manage/keys/{key}/logs?page=99999999999", "page")]
    [InlineData("/manage/keys/{key}/logs?cursor=%27%20or%20true", "cursor")]
    [InlineData("/manage/keys/{key}/logs?from=yesterday", "from")]
    [InlineData("/manage/keys/{key}/logs?to=0001-01-01T00:00:00Z", "to")]
    [InlineData("/manage/keys/{key}/logs?outcome=%27%20or%20true", "outcome")]
    public async Task A_query_that_is_wrong_is_told_so(string path, string field)
    {
        var (key, pool) = await MakeAsync();
        var answer = await app.Admin.GetJsonAsync(Filled(path, key, pool));
        AssertRefused(answer, HttpStatusCode.BadRequest, "invalid_request", path);
        Assert.Equal([field], answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task Quotes_in_a_filter_filter()
    {
        var answer = await app.Admin.GetJsonAsync($"/manage/keys?name={Uri.EscapeDataString("' or PartitionKey ne '" + Guid.NewGuid())}&tenant={Uri.EscapeDataString("a'b\"c")}");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(0, answer.Number("total"));
    }

    [Fact]
    public async Task The_end_of_the_log_is_an_empty_page()
    {
        var (key, _) = await MakeAsync();
        var answer = await app.Admin.GetJsonAsync($"/manage/keys/{key}/logs?page=10000&page_size=1000");
        Assert.Equal((HttpStatusCode.OK, 0), (answer.Status, answer.Json.GetProperty("logs").GetArrayLength()));
        answer = await app.Admin.GetJsonAsync($"/manage/keys/{key}/logs?cursor=chg_20200101-9223372036854775807-2147483647");
        Assert.Equal((HttpStatusCode.OK, 0), (answer.Status, answer.Json.GetProperty("logs").GetArrayLength()));
        answer = await app.Admin.GetJsonAsync($"/manage/keys/{key}/logs?cursor=chg_99999999-1-0");
        Assert.True((int)answer.Status < 500, answer.Status.ToString());
    }

    [Theory]
    [InlineData("PUT", "/manage/keys")]
    [InlineData("DELETE", "/manage/keys")]
    [InlineData("POST", "/manage/keys/x")]
    [InlineData("GET", "/manage/keys/x/reset")]
    [InlineData("POST", "/healthz")]
    [InlineData("GET", "/manage")]
    [InlineData("GET", "/managers/keys")]
    [InlineData("GET", "/nowhere")]
    public async Task What_is_no_route_is_not_found(string method, string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await app.Admin.CallAsync(HttpMethod.Parse(method), path)).Status);

    [Fact]
    public async Task A_sane_request_id_is_taken_over_and_another_is_not()
    {
        foreach (var (sent, taken) in new[] { ("my-request.1", true), ("with a blank", false), (new string('x', 129), false) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Host.BaseAddress, "/manage/keys/nobody"));
            request.Headers.Authorization = app.Admin.DefaultRequestHeaders.Authorization;
            request.Headers.TryAddWithoutValidation("X-Request-Id", sent);
            using var response = await app.Anyone.SendAsync(request);
            var id = response.Headers.GetValues("X-Request-Id").Single();
            Assert.Equal(taken, id == sent);
            Assert.Equal(id, JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("request_id").GetString());
        }
    }

    private static string Filled(string path, string key, string pool) =>
        path.Replace("{key}", key, StringComparison.Ordinal).Replace("{pool}", pool, StringComparison.Ordinal).Replace("{queue}", "sweep-requests", StringComparison.Ordinal)
            .Replace("{report}", "current", StringComparison.Ordinal).Replace("{alert}", "alert_00000000000000000000", StringComparison.Ordinal);

    private static void AssertRefused(Answer answer, HttpStatusCode status, string code, string what)
    {
        Assert.True((answer.Status, answer.Code) == (status, code), $"{what}: {answer.Status} {answer.Json}");
        Assert.Equal("application/problem+json", answer.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)status, answer.Json.GetProperty("status").GetInt32());
        Assert.Equal(answer.Response.Headers.GetValues("X-Request-Id").Single(), answer.Json.GetProperty("request_id").GetString());
    }

    private async Task<(string Key, string Pool)> MakeAsync() =>
        ((await app.Admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":10}""")).Text("id")!,
        (await app.Admin.PostJsonAsync("/manage/pools", """{"name":"n","quota":10}""")).Text("id")!);
}
