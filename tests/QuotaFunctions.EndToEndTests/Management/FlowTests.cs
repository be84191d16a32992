using System.Net;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>The routes of the earlier token service, over the same keys.</summary>
[Collection(AppFixture.Name)]
public sealed class FlowTests(AppFixture app, ITestOutputHelper output)
{
    [Fact]
    public async Task A_token_is_issued_used_and_shown_in_the_old_words()
    {
        var created = await app.Admin.PostJsonAsync(
            "/flow/tokens", """{"ws_id":"flow-ws","email":"ada@example.com","operation":"add","days":30,"quota_type":"hybrid","total_quota":1000,"rate_limit_per_minute":60}""");
        Assert.Equal(HttpStatusCode.OK, created.Status);
        Assert.True(created.Json.GetProperty("success").GetBoolean());
        var token = created.Json.GetProperty("data").GetProperty("access_token").GetString()!;
        Assert.StartsWith("flow_", token, StringComparison.Ordinal);
        using (var holder = app.ClientWithKey(token))
        {
            Assert.Equal(HttpStatusCode.OK, (await holder.PostJsonAsync("/quota/consume", """{"cost":3}""")).Status);
        }

        var quota = (await app.Admin.GetJsonAsync($"/flow/tokens/{token}/quota")).Json.GetProperty("data");
        Assert.Equal(
            ("hybrid", 1000L, 997L, 3L),
            (quota.GetProperty("quota_type").GetString(), quota.GetProperty("total_quota").GetInt64(), quota.GetProperty("remaining_quota").GetInt64(), quota.GetProperty("consumed_quota").GetInt64()));
        var shown = (await app.Admin.GetJsonAsync($"/flow/tokens?token={token}")).Json.GetProperty("data").GetProperty("tokens")[0];
        Assert.Equal(
            ("flow-ws", "ada@example.com", 997L, true),
            (shown.GetProperty("ws_id").GetString(), shown.GetProperty("email").GetString(), shown.GetProperty("remaining_quota").GetInt64(), shown.GetProperty("is_active").GetBoolean()));
        var id = shown.GetProperty("id").GetString()!;
        Assert.Equal("flow-ws", (await app.Admin.GetJsonAsync($"/manage/keys/{id}")).Text("tenant"));

        var row = (await Eventually.GetAsync(
            async () => (await app.Admin.GetJsonAsync($"/flow/tokens/{id}/quota/logs?start_date=2026-01-01")).Json.GetProperty("data").GetProperty("logs") is { } logs && logs.GetArrayLength() > 0
                ? new { Row = logs[0] }
                : null,
            TimeSpan.FromSeconds(30),
            "the charge is in the log")).Row;
        Assert.Equal((-3L, "consume", true), (row.GetProperty("quota_change").GetInt64(), row.GetProperty("action").GetString(), row.GetProperty("execution_success").GetBoolean()));
        Assert.Equal(0, (await app.Admin.GetJsonAsync($"/flow/tokens/{id}/quota/logs?end_date=2026-01-01")).Json.GetProperty("data").GetProperty("logs").GetArrayLength());

        var audited = (await app.Admin.GetJsonAsync($"/manage/audit?target={id}")).Json.GetProperty("actions")[0];
        Assert.Equal("/flow/tokens", audited.GetProperty("route").GetString());
        Assert.DoesNotContain(token, audited.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_write_pool_is_shown()
    {
        var data = (await app.Admin.GetJsonAsync("/flow/cache-write-pool/stats")).Json.GetProperty("data");
        Assert.InRange(data.GetProperty("log_queue_len").GetInt32(), 0, data.GetProperty("log_queue_cap").GetInt32());
        Assert.InRange(data.GetProperty("sync_queue_len").GetInt64(), 0, long.MaxValue);
    }

    [Theory]
    [InlineData("""{"total_quota":1,"quota_type":"count"}""", "ws_id")]
    [InlineData("""{"ws_id":"w","quota_type":"count"}""", "total_quota")]
    [InlineData("""{"ws_id":"w"}""", "operation")]
    [InlineData("""{"ws_id":"w","operation":"add"}""", "days")]
    [InlineData("""{"ws_id":"w","operation":"set","specific_date":"2020-01-01"}""", "specific_date")]
    [InlineData("""{"ws_id":"w","operation":"set","specific_date":"soon"}""", "specific_date")]
    [InlineData("""{"ws_id":"w","operation":"forever"}""", "operation")]
    [InlineData("""{"ws_id":"w","operation":"add","days":1,"email":"nobody"}""", "email")]
    [InlineData("""{"ws_id":"w","operation":"add","days":1,"max_scripts":5}""", "max_scripts")]
    public async Task What_is_wrong_is_named_in_the_old_words(string body, string field)
    {
        var refused = await app.Admin.PostJsonAsync("/flow/tokens", body);
        Assert.Equal((HttpStatusCode.BadRequest, field), (refused.Status, refused.Json.GetProperty("errors").EnumerateObject().Single().Name));
    }

    [Fact]
    public async Task An_unknown_token_is_not_found_and_none_is_a_fault()
    {
        Assert.Equal("not_found", (await app.Admin.GetJsonAsync("/flow/tokens?token=key_00000000000000000000")).Code);
        Assert.Equal("invalid_request", (await app.Admin.GetJsonAsync("/flow/tokens")).Code);
        Assert.Equal("invalid_request", (await app.Admin.GetJsonAsync("/flow/tokens/x/quota/logs?start_date=2026-02-30")).Code);
    }

    /// <summary>An admin may name a key by its secret, and these URLs are of the client's making: nothing of ours logs them, however much it logs.</summary>
    [Fact]
    public async Task A_secret_in_a_URL_is_in_no_log()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["LOG_LEVEL"] = "trace";
        await using var process = await AppProcess.StartAsync(settings, output.WriteLine);
        using var admin = new HttpClient { BaseAddress = process.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = app.Admin.DefaultRequestHeaders.Authorization;
        var token = (await admin.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Text("key")!;
        foreach (var path in new[] { $"/flow/tokens?token={token}", $"/flow/tokens/{token}/quota", $"/manage/keys/{token}", $"/nowhere/{token}" })
        {
            await admin.GetJsonAsync(path);
        }

        await admin.DeleteJsonAsync($"/manage/keys/{token}");
        Assert.Equal(0, await process.TerminateAsync());
        Assert.NotEqual("", process.Log);
        Assert.DoesNotContain(token, process.Log, StringComparison.Ordinal);
    }
}
