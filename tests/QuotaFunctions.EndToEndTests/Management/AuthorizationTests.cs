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
    private const string NoSubscription = "sub_00000000000000000000";

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
    public async Task A_token_is_told_whose_it_is_and_what_it_may_do()
    {
        const string token = "the-token-of-carol-0123456789abcdef";
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["ADMIN_READONLY_TOKEN"] = ReadOnlyToken;
        settings["AdminTokens__carol__Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        settings["AdminTokens__carol__Tenant"] = "acme";
        await using var host = await AppFixture.StartAppAsync(settings);

        Assert.Equal("""{"name":"admin","read_only":false,"tenant":null}""", await MeAsync(AppSettings.AdminToken));
        Assert.Equal("""{"name":"admin_readonly","read_only":true,"tenant":null}""", await MeAsync(ReadOnlyToken));
        Assert.Equal("""{"name":"carol","read_only":false,"tenant":"acme"}""", await MeAsync(token));

        async Task<string> MeAsync(string whose)
        {
            using var client = new HttpClient { BaseAddress = host.BaseAddress };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", whose);
            return await client.GetStringAsync("/manage/me");
        }
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
        var subscription = (await app.Admin.PostJsonAsync("/manage/subscriptions", """{"name":"n","recipients":["ops@example.com"]}""")).Text("id")!;
        foreach (var (method, path) in await RoutesAsync())
        {
            var answer = await reader.CallAsync(method, path.Replace(NoKey, key, StringComparison.Ordinal).Replace(NoPool, pool, StringComparison.Ordinal)
                .Replace(NoSubscription, subscription, StringComparison.Ordinal));
            var expected = method == HttpMethod.Get ? (HttpStatusCode.OK, (string?)null) : (HttpStatusCode.Forbidden, "token_read_only");
            Assert.True((answer.Status, answer.Code) == expected, $"{method} {path}: {answer.Status} {answer.Json}");
        }
    }

    /// <summary>Every management route, with another tenant's key and pool in its path and an example of its body: nothing of them is shown or changed.</summary>
    [Fact]
    public async Task A_tenants_token_sees_and_changes_nothing_of_others()
    {
        const string token = "the-token-of-acme-0123456789abcdef";
        const string marker = "of-the-other-tenant";
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["AdminTokens__acme-admin__Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        settings["AdminTokens__acme-admin__Tenant"] = "acme";
        await using var host = await AppFixture.StartAppAsync(settings);
        using var acme = new HttpClient { BaseAddress = host.BaseAddress };
        acme.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var tenant in new[] { "\"other\"", "null" })
        {
            var pool = (await app.Admin.PostJsonAsync("/manage/pools", $$"""{"name":"{{marker}}","quota":5,"tenant":{{tenant}}}""")).Text("id")!;
            var key = await app.Admin.PostJsonAsync("/manage/keys", $$"""{"name":"{{marker}}","quota":5,"tenant":{{tenant}}}""");
            var (id, secret) = (key.Text("id")!, key.Text("key")!);
            var subscription = (await app.Admin.PostJsonAsync(
                "/manage/subscriptions", $$"""{"name":"{{marker}}","recipients":["ops@example.com"],"tenant":{{tenant}}}""")).Text("id")!;
            var before = ((await app.Admin.GetJsonAsync($"/manage/keys/{id}")).Json.GetRawText(), (await app.Admin.GetJsonAsync($"/manage/pools/{pool}")).Json.GetRawText());
            foreach (var keyInPath in new[] { id, secret })
            {
                foreach (var (method, path, body) in await OperationsAsync())
                {
                    var answer = await acme.CallAsync(method, path.Replace(NoKey, keyInPath, StringComparison.Ordinal).Replace(NoPool, pool, StringComparison.Ordinal)
                        .Replace(NoSubscription, subscription, StringComparison.Ordinal), body);
                    var text = answer.Json.ValueKind == System.Text.Json.JsonValueKind.Undefined ? "" : answer.Json.GetRawText();
                    var expected = new[] { NoKey, NoPool, NoSubscription }.Any(none => path.Contains(none, StringComparison.Ordinal)) ? "not_found" : null;
                    Assert.True(answer.Code == "token_tenant_only" || answer.Code == expected, $"{method} {path}: {answer.Status} {text}");
                    Assert.All([marker, id, secret, pool, subscription], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
                }
            }

            Assert.Equal(before, ((await app.Admin.GetJsonAsync($"/manage/keys/{id}")).Json.GetRawText(), (await app.Admin.GetJsonAsync($"/manage/pools/{pool}")).Json.GetRawText()));
        }

        var own = await acme.PostJsonAsync("/manage/keys", """{"name":"ours","quota":5}""");
        Assert.Equal((HttpStatusCode.Created, "acme"), (own.Status, own.Text("tenant")));
        Assert.Equal(HttpStatusCode.OK, (await acme.PostJsonAsync($"/manage/keys/{own.Text("id")}/topup", """{"amount":1}""")).Status);
        Assert.Contains((await acme.GetJsonAsync("/manage/keys?limit=1000")).Json.GetProperty("keys").EnumerateArray(), listed => listed.GetProperty("id").GetString() == own.Text("id"));
        Assert.Equal("token_tenant_only", (await acme.GetJsonAsync("/manage/queues")).Code);
    }

    [Theory]
    [InlineData("/admin%0A/keys")]
    [InlineData("/manage%0a/keys")]
    public async Task A_line_feed_after_the_area_is_no_management_route(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, (await app.Anyone.GetJsonAsync(path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Admin.PostJsonAsync(path, """{"name":"n","quota":1}""")).Status);
    }

    private async Task<List<(HttpMethod Method, string Path)>> RoutesAsync() => [.. (await OperationsAsync()).Select(operation => (operation.Method, operation.Path))];

    private async Task<List<(HttpMethod Method, string Path, string? Body)>> OperationsAsync()
    {
        var description = (await app.Anyone.GetJsonAsync("/openapi.json")).Json;
        var routes = (
            from path in description.GetProperty("paths").EnumerateObject()
            where path.Name.StartsWith("/manage", StringComparison.Ordinal) || path.Name.StartsWith("/flow", StringComparison.Ordinal)
            from operation in path.Value.EnumerateObject()
            let example = operation.Value.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out var json)
                ? json.GetProperty("example").GetRawText()
                : null
            let query = operation.Name == "get" && path.Name == "/flow/tokens" ? "?token={token}" : ""
            select (HttpMethod.Parse(operation.Name), $"{path.Name}{query}".Replace("{key}", NoKey, StringComparison.Ordinal)
                .Replace("{token}", NoKey, StringComparison.Ordinal).Replace("{pool}", NoPool, StringComparison.Ordinal)
                .Replace("{subscription}", NoSubscription, StringComparison.Ordinal).Replace("{queue}", "sweep-requests", StringComparison.Ordinal)
                .Replace("{report}", "current", StringComparison.Ordinal).Replace("{alert}", "alert_00000000000000000000", StringComparison.Ordinal), example))
            .ToList();
        Assert.InRange(routes.Count, 19, 1000);
        return routes;
    }
}
