using System.Net;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>What admins did is told by <c>/manage/audit</c>, and a change that cannot be recorded is not made.</summary>
[Collection(AppFixture.Name)]
public sealed class AdminAuditTests(AppFixture app)
{
    [Fact]
    public async Task The_life_of_a_key_is_in_the_audit_without_its_secrets()
    {
        var created = await app.Admin.PostJsonAsync("/admin/keys", """{"name":"audited","quota":5}""");
        var (id, secret) = (created.Text("id")!, created.Text("key")!);
        await app.Admin.PatchJsonAsync($"/manage/keys/{secret}", """{"name":"renamed"}""");
        await app.Admin.PatchJsonAsync($"/manage/keys/{id}", """{"quota":-1}""");
        var rotated = await app.Admin.PostJsonAsync($"/manage/keys/{id}/rotate", "");
        await app.Admin.DeleteJsonAsync($"/manage/keys/{id}");
        await app.Admin.GetJsonAsync($"/manage/keys/{id}");

        var actions = await ActionsAsync($"?target={id}");

        Assert.Equal(
            [
                ("DELETE", "/manage/keys/{key}", "succeeded", 204, null),
                ("POST", "/manage/keys/{key}/rotate", "succeeded", 200, null),
                ("PATCH", "/manage/keys/{key}", "refused", 400, "invalid_request"),
                ("PATCH", "/manage/keys/{key}", "succeeded", 200, null),
                ("POST", "/manage/keys", "succeeded", 201, null),
            ],
            actions.Select(action => (
                Text(action, "method"), Text(action, "route"), Text(action, "outcome"), action.GetProperty("status").GetInt32(), Text(action, "code"))));
        Assert.Equal((null, "audited"), (NameOf(actions[4], "before"), NameOf(actions[4], "after")));
        Assert.Equal(("audited", "renamed"), (NameOf(actions[3], "before"), NameOf(actions[3], "after")));
        Assert.Equal("revoked", actions[0].GetProperty("after").GetProperty("status").GetString());
        Assert.Equal(created.Response.Headers.GetValues("X-Request-Id").Single(), Text(actions[4], "request_id"));
        Assert.All(actions, action => Assert.Equal(("admin", "127.0.0.1"), (Text(action, "actor"), Text(action, "address"))));
        Assert.All([secret, rotated.Text("key")!, AppSettings.AdminToken], word => Assert.All(actions, action => Assert.DoesNotContain(word, action.GetRawText(), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_is_asked_for_strictly_and_read_in_pages()
    {
        var id = (await app.Admin.PostJsonAsync("/manage/pools", """{"name":"audited","quota":5}""")).Text("id")!;
        await app.Admin.PostJsonAsync($"/manage/pools/{id}/topup", """{"amount":1}""");
        await app.Admin.DeleteJsonAsync($"/manage/pools/{id}");
        var first = await app.Admin.GetJsonAsync($"/manage/audit?target={id}&actor=admin&limit=2");
        var second = await app.Admin.GetJsonAsync($"/manage/audit?target={id}&actor=admin&limit=2&cursor={first.Text("next")}");
        Assert.Equal((2, 1), (first.Json.GetProperty("actions").GetArrayLength(), second.Json.GetProperty("actions").GetArrayLength()));
        Assert.False(second.Json.TryGetProperty("next", out _));
        Assert.Empty(await ActionsAsync($"?target={id}&actor=nobody"));
        Assert.Empty(await ActionsAsync($"?target={id}&to=2026-01-01T00:00:00Z"));

        foreach (var (query, field) in new[] { ("limit=0", "limit"), ("limit=1001", "limit"), ("cursor=x", "cursor"), ("from=yesterday", "from"), ("who=me", "who"), ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to") })
        {
            var refused = await app.Admin.GetJsonAsync($"/manage/audit?{query}");
            Assert.Equal((HttpStatusCode.BadRequest, field), (refused.Status, refused.Json.GetProperty("errors").EnumerateObject().Single().Name));
        }
    }

    /// <summary>The table is gone: the only way to fail the record, and nothing else.</summary>
    [Fact]
    public async Task What_cannot_be_recorded_is_refused_and_not_done()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["TABLE_PREFIX"] = AzuriteFixture.UniqueName()[..16];
        await using var host = await AppFixture.StartAppAsync(settings);
        using var admin = new HttpClient { BaseAddress = host.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = app.Admin.DefaultRequestHeaders.Authorization;
        var id = (await admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":5}""")).Text("id")!;
        await new Azure.Data.Tables.TableClient(app.Azurite.ConnectionString, settings["TABLE_PREFIX"] + "adminaudit").DeleteAsync();

        var refused = await admin.PostJsonAsync($"/manage/keys/{id}/topup", """{"amount":1}""");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "quota_unavailable"), (refused.Status, refused.Code));
        Assert.Equal(5, (await admin.GetJsonAsync($"/manage/keys/{id}")).Number("quota"));
    }

    private async Task<List<JsonElement>> ActionsAsync(string query) =>
        [.. (await app.Admin.GetJsonAsync($"/manage/audit{query}")).Json.GetProperty("actions").EnumerateArray()];

    private static string? Text(JsonElement action, string name) => action.GetProperty(name).GetString();

    private static string? NameOf(JsonElement action, string record) =>
        action.GetProperty(record) is { ValueKind: JsonValueKind.Object } found ? found.GetProperty("name").GetString() : null;
}
