using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Who gets to the management routes, whichever there are: they are taken from the app's own description.</summary>
[Collection(AppFixture.Name)]
public sealed class AuthorizationTests(AppFixture app)
{
    private const string ReadOnlyToken = "a-read-only-token-of-the-tests";
    private const string NoKey = "key_00000000000000000000";
    private const string NoPool = "pool_00000000000000000000";

    [Theory]
    [InlineData(null, "token_missing")]
    [InlineData("Bearer", "token_missing")]
    [InlineData("Basic YWRtaW46YWRtaW4=", "token_missing")]
    [InlineData("Bearer wrong", "token_invalid")]
    [InlineData("Bearer an-admin-token-of-the-tests-onl", "token_invalid")]
    [InlineData("Bearer AN-ADMIN-TOKEN-OF-THE-TESTS-ONLY", "token_invalid")]
    public async Task Nobody_gets_in_without_the_token(string? authorization, string code)
    {
        using var client = new HttpClient { BaseAddress = app.Host.BaseAddress };
        if (authorization is not null)
        {
            Assert.True(client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization));
        }

        foreach (var (method, path) in await RoutesAsync())
        {
            foreach (var area in new[] { "manage", "admin", "ADMIN" })
            {
                var answer = await client.CallAsync(method, path.Replace("/manage", $"/{area}", StringComparison.Ordinal), "{not even JSON");
                Assert.True((answer.Status, answer.Code) == (HttpStatusCode.Unauthorized, code), $"{method} {path}: {answer.Status} {answer.Json}");
                Assert.Equal("Bearer", answer.Response.Headers.WwwAuthenticate.Single().Scheme);
                Assert.True(answer.Response.Headers.Contains("X-Request-Id"));
            }
        }
    }

    [Fact]
    public async Task A_keys_secret_is_no_admin_token()
    {
        var key = (await app.Admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Text("key")!;
        using var client = new HttpClient { BaseAddress = app.Host.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Assert.Equal("token_invalid", (await client.GetJsonAsync("/manage/keys")).Code);
    }

    [Fact]
    public async Task The_log_names_the_holder_of_a_token()
    {
        const string token = "the-token-of-alice-0123456789abcdef";
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["AdminTokens__alice__Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        await using var host = await AppFixture.StartAppAsync(settings);
        using var alice = new HttpClient { BaseAddress = host.BaseAddress };
        alice.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var key = (await alice.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Text("id")!;
        Assert.Equal(HttpStatusCode.OK, (await alice.PostJsonAsync($"/manage/keys/{key}/topup", """{"amount":1}""")).Status);

        await Eventually.TrueAsync(
            async () => (await app.Admin.GetJsonAsync($"/manage/keys/{key}/logs")).Json.GetProperty("logs").EnumerateArray()
                .Any(row => row.TryGetProperty("actor", out var actor) && actor.GetString() == "alice"),
            TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_read_only_token_may_GET_and_nothing_else()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["ADMIN_READONLY_TOKEN"] = ReadOnlyToken;
        await using var host = await AppFixture.StartAppAsync(settings);
        using var reader = new HttpClient { BaseAddress = host.BaseAddress };
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ReadOnlyToken);
        var pool = (await app.Admin.PostJsonAsync("/manage/pools", """{"name":"p","quota":1}""")).Text("id")!;
        var key = (await app.Admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Text("id")!;
        foreach (var (method, path) in await RoutesAsync())
        {
            var answer = await reader.CallAsync(method, path.Replace(NoKey, key, StringComparison.Ordinal).Replace(NoPool, pool, StringComparison.Ordinal));
            var expected = method == HttpMethod.Get ? (HttpStatusCode.OK, (string?)null) : (HttpStatusCode.Forbidden, "token_read_only");
            Assert.True((answer.Status, answer.Code) == expected, $"{method} {path}: {answer.Status} {answer.Json}");
        }
    }

    [Theory]
    [InlineData("/admin%0A/keys")]
    [InlineData("/manage%0a/keys")]
    public async Task A_line_feed_after_the_area_is_no_management_route(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, (await app.Anyone.GetJsonAsync(path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Admin.PostJsonAsync(path, """{"name":"n","quota":1}""")).Status);
    }

    private async Task<List<(HttpMethod Method, string Path)>> RoutesAsync()
    {
        var description = (await app.Anyone.GetJsonAsync("/openapi.json")).Json;
        var routes = (
            from path in description.GetProperty("paths").EnumerateObject()
            where path.Name.StartsWith("/manage", StringComparison.Ordinal)
            from operation in path.Value.EnumerateObject()
            select (HttpMethod.Parse(operation.Name), path.Name.Replace("{key}", NoKey, StringComparison.Ordinal).Replace("{pool}", NoPool, StringComparison.Ordinal)
                .Replace("{queue}", "sweep-requests", StringComparison.Ordinal)))
            .ToList();
        Assert.InRange(routes.Count, 19, 1000);
        return routes;
    }
}
