using System.Net;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>What an admin does with keys and pools, in the contract's words.</summary>
[Collection(AppFixture.Name)]
public sealed class KeyManagementTests(AppFixture app)
{
    [Theory]
    [InlineData("/admin")]
    [InlineData("/manage")]
    [InlineData("/Manage")]
    public async Task A_key_is_issued_and_shown_once(string area)
    {
        var created = await app.Admin.PostJsonAsync($"{area}/keys", """{"name":"Ada's key","quota":1000,"expires_at":"2099-12-31T23:59:59Z","prefix":"test"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var id = created.Text("id")!;
        Assert.StartsWith("key_", id, StringComparison.Ordinal);
        Assert.StartsWith("test_", created.Text("key"), StringComparison.Ordinal);
        Assert.Equal("Ada's key", created.Text("name"));
        Assert.Equal((1000, 0, 1000), (created.Number("quota"), created.Number("used"), created.Number("remaining")));
        Assert.Equal("2099-12-31T23:59:59Z", created.Text("expires_at"));
        Assert.NotNull(created.Text("created_at"));
        Assert.Equal($"{area.ToLowerInvariant()}/keys/{id}", created.Response.Headers.Location?.OriginalString);

        foreach (var name in new[] { id, created.Text("key")! })
        {
            var shown = await app.Admin.GetJsonAsync($"{area}/keys/{name}");
            Assert.Equal(id, shown.Text("id"));
            Assert.Equal("active", shown.Text("status"));
            Assert.False(shown.Json.TryGetProperty("key", out _));
            Assert.DoesNotContain(created.Text("key")!, shown.Json.GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_used_shows_everywhere()
    {
        var (id, key) = await CreateAsync("""{"name":"n","quota":100}""");
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(key, 30)).Status);

        var quota = await app.Admin.GetJsonAsync($"/admin/keys/{id}/quota");
        Assert.Equal("count", quota.Text("quota_type"));
        Assert.Equal((100, 70, 30), (quota.Number("total_quota"), quota.Number("remaining_quota"), quota.Number("consumed_quota")));

        var shown = await app.Admin.GetJsonAsync($"/admin/keys/{id}");
        Assert.Equal((100, 30, 70), (shown.Number("quota"), shown.Number("used"), shown.Number("remaining")));
        Assert.NotNull(shown.Text("last_used_at"));

        var logs = await Eventually.GetAsync(async () =>
            await app.Admin.GetJsonAsync($"/admin/keys/{id}/logs?outcome=consumed") is var answer && answer.Json.GetProperty("logs").GetArrayLength() == 1 ? answer : null);
        Assert.Equal((1, 100), (logs.Number("page"), logs.Number("page_size")));
        Assert.Equal(30, logs.Json.GetProperty("logs")[0].GetProperty("cost").GetInt64());

        var books = await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify");
        Assert.True(books.Json.GetProperty("balanced").GetBoolean());
        Assert.Equal((30, 30), (books.Number("used"), books.Number("ledger")));
    }

    [Fact]
    public async Task The_log_is_read_in_pages_by_number_or_by_cursor()
    {
        var (id, key) = await CreateAsync("""{"name":"n","quota":100}""");
        for (var cost = 1; cost <= 5; cost++)
        {
            await ConsumeAsync(key, cost);
        }

        await Eventually.TrueAsync(async () => (await Rows("outcome=consumed")).Length == 5);
        Assert.Equal([5, 4, 3, 2, 1], Costs(await Rows("outcome=consumed")));
        Assert.Equal([3, 2], Costs(await Rows("outcome=consumed&page=2&page_size=2")));
        var first = await app.Admin.GetJsonAsync($"/manage/keys/{id}/logs?outcome=consumed&page_size=3");
        Assert.Equal([2, 1], Costs(await Rows($"outcome=consumed&cursor={first.Text("next")}")));
        Assert.Empty(await Rows("to=2020-01-01T00:00:00Z"));
        Assert.Empty(await Rows("from=2090-01-01T00:00:00%2B02:00"));
        Assert.Equal(5, (await Rows("outcome=consumed&from=2020-01-01T00:00:00+02:00&to=2090-01-01T00:00:00Z")).Length);

        async Task<JsonElement[]> Rows(string query) => [.. (await app.Admin.GetJsonAsync($"/manage/keys/{id}/logs?{query}")).Json.GetProperty("logs").EnumerateArray()];

        static IEnumerable<int> Costs(JsonElement[] rows) => rows.Select(row => row.GetProperty("cost").GetInt32());
    }

    [Fact]
    public async Task A_change_sets_what_is_given_and_clears_what_is_null()
    {
        var (id, key) = await CreateAsync("""{"name":"n","quota":100,"tenant":"t","rate_limit_per_minute":50,"metadata":{"a":"b"}}""");
        var changed = await app.Admin.PatchJsonAsync($"/manage/keys/{id}", """{"name":"m","tenant":null,"quota":50,"status":"disabled"}""");
        Assert.Equal(HttpStatusCode.OK, changed.Status);
        Assert.Equal(("m", "disabled"), (changed.Text("name"), changed.Text("status")));
        Assert.Equal(JsonValueKind.Null, changed.Json.GetProperty("tenant").ValueKind);
        Assert.Equal((50, 50), (changed.Number("quota"), changed.Number("rate_limit_per_minute")));
        Assert.Equal("b", changed.Json.GetProperty("metadata").GetProperty("a").GetString());
        Assert.Equal((HttpStatusCode.Forbidden, "key_disabled"), Outcome(await ConsumeAsync(key, 1)));

        await app.Admin.PatchJsonAsync($"/manage/keys/{key}", """{"status":"active"}""");
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(key, 1)).Status);

        changed = await app.Admin.PatchJsonAsync($"/manage/keys/{id}", """{"expires_at":"2020-01-01T00:00:00Z"}""");
        Assert.Equal("expired", changed.Text("status"));
        Assert.Equal((HttpStatusCode.Unauthorized, "key_expired"), Outcome(await ConsumeAsync(key, 1)));
    }

    [Fact]
    public async Task A_reset_begins_anew_and_a_top_up_adds()
    {
        var (id, key) = await CreateAsync("""{"name":"n","quota":10}""");
        await ConsumeAsync(key, 10);
        Assert.Equal((HttpStatusCode.TooManyRequests, "quota_exhausted"), Outcome(await ConsumeAsync(key, 1)));

        var toppedUp = await app.Admin.PostJsonAsync($"/admin/keys/{id}/topup", """{"amount":5}""");
        Assert.Equal((15, 10, 5), (toppedUp.Number("quota"), toppedUp.Number("used"), toppedUp.Number("remaining")));
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(key, 5)).Status);

        var reset = await app.Admin.PostJsonAsync($"/admin/keys/{id}/reset", """{"quota":2000}""");
        Assert.Equal((2000, 0, 2000), (reset.Number("quota"), reset.Number("used"), reset.Number("remaining")));
        await ConsumeAsync(key, 7);
        reset = await app.Admin.CallAsync(HttpMethod.Post, $"/admin/keys/{id}/reset");
        Assert.Equal((2000, 0), (reset.Number("quota"), reset.Number("used")));

        var renamed = await app.Admin.PatchJsonAsync($"/admin/keys/{id}", """{"name":"renamed"}""");
        Assert.Equal((2000, 0), (renamed.Number("quota"), renamed.Number("used")));
        Assert.True((await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify")).Json.GetProperty("balanced").GetBoolean());
    }

    [Fact]
    public async Task A_rotation_makes_a_new_secret_and_the_old_one_ends_with_the_overlap()
    {
        var (id, first) = await CreateAsync("""{"name":"n","quota":10}""");
        var second = (await app.Admin.PostJsonAsync($"/manage/keys/{id}/rotate", """{"overlap_seconds":3600}""")).Text("key")!;
        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(first, 1)).Status);
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(second, 1)).Status);

        var third = (await app.Admin.CallAsync(HttpMethod.Post, $"/manage/keys/{second}/rotate")).Text("key")!;
        Assert.Equal((HttpStatusCode.Unauthorized, "key_invalid"), Outcome(await ConsumeAsync(second, 1)));
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(third, 1)).Status);
    }

    [Fact]
    public async Task A_deleted_key_is_refused_at_once_and_for_ever()
    {
        var (id, key) = await CreateAsync("""{"name":"n","quota":10}""");
        var deleted = await app.Admin.DeleteJsonAsync($"/admin/keys/{id}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.Status);
        Assert.True(deleted.Response.Headers.Contains("X-Request-Id"));
        Assert.Equal((HttpStatusCode.Unauthorized, "key_revoked"), Outcome(await ConsumeAsync(key, 1)));
        Assert.Equal("revoked", (await app.Admin.GetJsonAsync($"/admin/keys/{id}")).Text("status"));
        Assert.Equal(HttpStatusCode.NoContent, (await app.Admin.DeleteJsonAsync($"/admin/keys/{id}")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Outcome(await app.Admin.PatchJsonAsync($"/admin/keys/{id}", """{"status":"active"}""")));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Outcome(await app.Admin.PostJsonAsync($"/admin/keys/{id}/topup", """{"amount":1}""")));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Outcome(await app.Admin.CallAsync(HttpMethod.Post, $"/admin/keys/{id}/reset")));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Outcome(await app.Admin.CallAsync(HttpMethod.Post, $"/admin/keys/{id}/rotate")));
    }

    [Fact]
    public async Task A_list_is_filtered_and_read_in_pages()
    {
        var tenant = $"O'Hara & söhne {Guid.NewGuid():N}";
        var ids = new List<string>();
        foreach (var name in new[] { "one", "two", "three", "ONE more" })
        {
            ids.Add((await CreateAsync($$"""{"name":"{{name}}","quota":1,"tenant":"{{tenant}}"}""")).Id);
        }

        await app.Admin.PatchJsonAsync($"/manage/keys/{ids[1]}", """{"status":"disabled"}""");
        await app.Admin.PatchJsonAsync($"/manage/keys/{ids[2]}", """{"expires_at":"2020-01-01T00:00:00Z"}""");
        var query = $"tenant={Uri.EscapeDataString(tenant)}";
        Assert.Equal(ids.Order(StringComparer.Ordinal), (await Ids(query)).Order(StringComparer.Ordinal));
        Assert.Equal(new[] { ids[0], ids[3] }.Order(StringComparer.Ordinal), (await Ids($"{query}&name=one")).Order(StringComparer.Ordinal));
        Assert.Equal([ids[1]], await Ids($"{query}&status=disabled"));
        Assert.Equal([ids[2]], await Ids($"{query}&status=expired"));
        Assert.Equal(2, (await Ids($"{query}&status=active")).Count);
        Assert.Empty(await Ids($"{query}&status=revoked"));

        var page = await app.Admin.GetJsonAsync($"/manage/keys?{query}&limit=3");
        Assert.Equal((4, 3), (page.Number("total"), page.Json.GetProperty("keys").GetArrayLength()));
        var rest = await app.Admin.GetJsonAsync($"/manage/keys?{query}&limit=3&cursor={page.Text("next")}");
        Assert.Equal((4, 1), (rest.Number("total"), rest.Json.GetProperty("keys").GetArrayLength()));
        Assert.False(rest.Json.TryGetProperty("next", out _));

        async Task<List<string>> Ids(string filter) =>
            [.. (await app.Admin.GetJsonAsync($"/manage/keys?{filter}")).Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("id").GetString()!)];
    }

    [Fact]
    public async Task Everything_that_may_be_set_comes_back_as_it_was()
    {
        const string settings = """
            "name":"密钥 🔑 \"O'Brien\"","quota":7,"quota_type":"hybrid","unit":"tokens","expires_at":"2099-01-01T00:00:00.5Z","rate_limit_per_minute":9,"max_cost":3,"max_concurrent":2,
            "refill":{"period":"weekly","amount":7,"time_zone":"Asia/Shanghai","anchor_day":3,"rollover":true,"rollover_cap":20},
            "tenant":"t","email":"ada@example.com","allowed_providers":["openai"],"allowed_models":["gpt-*"],"allowed_ips":["203.0.113.0/24","2001:db8::/32"],"metadata":{"a b":"c\nd"}
            """;
        var (id, _) = await CreateAsync($"{{{settings}}}");
        var shown = await app.Admin.GetJsonAsync($"/manage/keys/{id}");
        foreach (var property in JsonElement.Parse($"{{{settings}}}").EnumerateObject())
        {
            Assert.True(JsonElement.DeepEquals(property.Value, shown.Json.GetProperty(property.Name)), property.Name);
        }

        Assert.NotNull(shown.Text("resets_at"));
    }

    [Fact]
    public async Task Keys_of_a_pool_draw_on_their_own_quota_and_on_the_pools()
    {
        var created = await app.Admin.PostJsonAsync("/admin/pools", """{"name":"team","quota":10}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var pool = created.Text("id")!;
        var (id, first) = await CreateAsync($$"""{"name":"a","quota":8,"pool":"{{pool}}"}""");
        var (_, second) = await CreateAsync($$"""{"name":"b","quota":8,"pool":"{{pool}}"}""");
        Assert.Equal(pool, (await app.Admin.GetJsonAsync($"/manage/keys/{id}")).Text("pool"));

        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(first, 8)).Status);
        Assert.Equal((HttpStatusCode.TooManyRequests, "quota_exhausted"), Outcome(await ConsumeAsync(second, 3)));
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(second, 2)).Status);
        var shown = await app.Admin.GetJsonAsync($"/manage/pools/{pool}");
        Assert.Equal((10, 10, 0), (shown.Number("quota"), shown.Number("used"), shown.Number("remaining")));

        Assert.Equal(15, (await app.Admin.PostJsonAsync($"/manage/pools/{pool}/topup", """{"amount":5}""")).Number("quota"));
        Assert.Equal(HttpStatusCode.OK, (await ConsumeAsync(second, 3)).Status);
        Assert.Equal(0, (await app.Admin.CallAsync(HttpMethod.Post, $"/manage/pools/{pool}/reset")).Number("used"));
        Assert.Equal("disabled", (await app.Admin.PatchJsonAsync($"/manage/pools/{pool}", """{"status":"disabled"}""")).Text("status"));
        Assert.Equal((HttpStatusCode.Forbidden, "key_disabled"), Outcome(await ConsumeAsync(second, 1)));
        Assert.Contains((await app.Admin.GetJsonAsync("/manage/pools")).Json.GetProperty("pools").EnumerateArray(), it => it.GetProperty("id").GetString() == pool);

        Assert.Equal(HttpStatusCode.NoContent, (await app.Admin.DeleteJsonAsync($"/manage/pools/{pool}")).Status);
        Assert.Equal((HttpStatusCode.Unauthorized, "key_revoked"), Outcome(await ConsumeAsync(second, 1)));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Outcome(await app.Admin.PatchJsonAsync($"/manage/pools/{pool}", """{"status":"active"}""")));
    }

    [Fact]
    public async Task A_key_of_no_pool_that_there_is_is_not_made()
    {
        var answer = await app.Admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":1,"pool":"pool_00000000000000000000"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), Outcome(answer));
        Assert.True(answer.Json.GetProperty("errors").TryGetProperty("pool", out _));
    }

    private static (HttpStatusCode Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);

    private async Task<(string Id, string Key)> CreateAsync(string body)
    {
        var created = await app.Admin.PostJsonAsync("/manage/keys", body);
        Assert.True(created.Status == HttpStatusCode.Created, created.Json.ToString());
        return (created.Text("id")!, created.Text("key")!);
    }

    private async Task<Answer> ConsumeAsync(string key, int cost)
    {
        using var client = app.ClientWithKey(key);
        return await client.PostJsonAsync("/quota/consume", $$"""{"cost":{{cost}}}""");
    }
}
