using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

public sealed class KeyFunctionsTests : KeyFunctionsWorld
{
    private readonly Mock<IBookVerifier> _verifier = new(MockBehavior.Strict);

    [Fact]
    public async Task Creation_answers_in_the_contracts_words_and_shows_the_key()
    {
        Keys.Setup(it => it.CreateAsync(It.IsAny<KeySettings>(), "test", null, "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((KeySettings settings, string _, string? _, string _, CancellationToken _) => new IssuedKey(Key(settings), Secret));
        var (http, json) = await CreateAsync("""{"name":"Ada","quota":1000,"expires_at":"2026-01-02T00:00:00Z","prefix":"test"}""");
        Assert.Equal(201, http.Response.StatusCode);
        Assert.Equal("application/json", http.Response.ContentType);
        Assert.Equal("no-store", http.Response.Headers.CacheControl);
        Assert.Equal($"/manage/keys/{Known.Id}", http.Response.Headers.Location);
        Assert.Equal(Known.Id, json.GetProperty("id").GetString());
        Assert.Equal(Secret.Reveal(), json.GetProperty("key").GetString());
        Assert.Equal("Ada", json.GetProperty("name").GetString());
        Assert.Equal(1000, json.GetProperty("quota").GetInt64());
        Assert.Equal(0, json.GetProperty("used").GetInt64());
        Assert.Equal(1000, json.GetProperty("remaining").GetInt64());
        Assert.Equal("2026-01-02T00:00:00Z", json.GetProperty("expires_at").GetString());
        Assert.Equal("2026-01-01T00:00:00Z", json.GetProperty("created_at").GetString());
        Assert.Equal("active", json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("{}", "name", "quota")]
    [InlineData("""{"name":"n","quota":1,"expires_at":"2026-01-01T00:00:00Z"}""", "expires_at")]
    [InlineData("""{"name":"n","quota":1,"prefix":"Bad_Prefix"}""", "prefix")]
    [InlineData("""{"name":"n","quota":1,"prefix":null}""", "prefix")]
    [InlineData("""{"name":"n","quota":1,"status":"active"}""", "status")]
    [InlineData("""{"name":"n","quota":1,"pool":"x"}""", "pool")]
    [InlineData("""{"name":"n","quota":1,"id":"key_1","used":0}""", "id", "used")]
    [InlineData("""[]""", "body")]
    [InlineData("", "body")]
    public async Task What_is_wrong_of_a_creation_is_named_and_nothing_is_made(string body, params string[] fields)
    {
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => CreateAsync(body));
        Assert.Superset(fields.ToHashSet(), exception.Errors.Keys.ToHashSet());
        Assert.True(body is "[]" || fields.Length == exception.Errors.Count);
    }

    [Fact]
    public async Task Time_needs_no_quota()
    {
        Keys.Setup(it => it.CreateAsync(It.Is<KeySettings>(settings => settings.QuotaType == QuotaType.Time), "trial", null, "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((KeySettings settings, string _, string? _, string _, CancellationToken _) => new IssuedKey(Key(settings), Secret));
        var (_, json) = await CreateAsync("""{"name":"n","quota_type":"time","expires_at":"2026-01-02T00:00:00Z"}""");
        Assert.Equal(JsonValueKind.Null, json.GetProperty("quota").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("remaining").ValueKind);
    }

    [Fact]
    public async Task A_pool_that_is_not_there_is_a_fault_of_the_request()
    {
        var pool = KeyLocator.NewPoolId();
        Keys.Setup(it => it.CreateAsync(It.IsAny<KeySettings>(), "trial", pool, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => CreateAsync($$"""{"name":"n","quota":1,"pool":"{{pool}}"}"""));
        Assert.Equal(["pool"], exception.Errors.Keys);
    }

    [Theory]
    [InlineData(KeyStatus.Active, false, "active")]
    [InlineData(KeyStatus.Active, true, "expired")]
    [InlineData(KeyStatus.Disabled, false, "disabled")]
    [InlineData(KeyStatus.Disabled, true, "expired")]
    [InlineData(KeyStatus.Revoked, true, "revoked")]
    public async Task Expiry_shows_in_the_status(KeyStatus status, bool expired, string shown)
    {
        var key = Known with { Status = status, Settings = Known.Settings with { ExpiresAt = Time.GetUtcNow().AddTicks(expired ? 0 : 1) } };
        Keys.Setup(it => it.FindAsync("it", It.IsAny<CancellationToken>())).ReturnsAsync(key);
        var json = await (await new GetKey(Keys.Object, Time).RunAsync(TestRequests.Context().Request, "it", default)).AnswerAsync(TestRequests.Context());
        Assert.Equal(shown, json.GetProperty("status").GetString());
        Assert.False(json.TryGetProperty("key", out _));
    }

    [Fact]
    public async Task A_change_sets_what_is_given_and_leaves_the_rest()
    {
        (KeySettings, KeyStatus)? set = null;
        Keys.Setup(it => it.ChangeAsync(Known.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) =>
            {
                set = change(Known);
                return Known with { Settings = set.Value.Item1, Status = set.Value.Item2 };
            });
        var (_, json) = await ChangeAsync($$"""{"status":"disabled","expires_at":null,"prefix":"trial","pool":null}""");
        Assert.Equal((Known.Settings with { ExpiresAt = null }, KeyStatus.Disabled), set);
        Assert.Equal("disabled", json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"status":"revoked"}""", "status")]
    [InlineData("""{"status":"expired"}""", "status")]
    [InlineData("""{"prefix":"other"}""", "prefix")]
    [InlineData("""{"pool":"pool_x"}""", "pool")]
    [InlineData("""{"used":0}""", "used")]
    [InlineData("""{"quota_type":"hybrid","expires_at":null}""", "expires_at")]
    public async Task What_is_wrong_of_a_change_reaches_the_caller(string body, string field)
    {
        Keys.Setup(it => it.ChangeAsync(Known.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) =>
            {
                change(Known);
                return Known;
            });
        Assert.Equal([field], (await Assert.ThrowsAsync<InvalidRequestException>(() => ChangeAsync(body))).Errors.Keys);
    }

    [Fact]
    public async Task Nobodys_key_is_not_found_whatever_is_asked_of_it()
    {
        foreach (var (_, run) in Operations("nobody"))
        {
            Assert.Equal("not_found", (await run()).Json.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task A_revoked_key_can_not_be_changed_any_more()
    {
        Keys.Setup(it => it.ChangeAsync(Known.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        Keys.Setup(it => it.ResetAsync(Known.Id, null, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        Keys.Setup(it => it.TopUpAsync(Known.Id, 1, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        Keys.Setup(it => it.RotateAsync(Known.Id, TimeSpan.Zero, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        Keys.Setup(it => it.RevokeAsync(Known.Id, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(false);
        foreach (var (name, run) in Operations(Known.Id).Where(operation => operation.Name is "change" or "reset" or "topup" or "rotate" or "delete"))
        {
            Assert.Equal((name, 404), (name, (await run()).Http.Response.StatusCode));
        }
    }

    [Fact]
    public async Task A_deletion_answers_with_nothing()
    {
        Keys.Setup(it => it.RevokeAsync(Known.Id, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(true);
        var (http, _) = await Operations(Known.Id).Single(operation => operation.Name == "delete").Run();
        Assert.Equal(204, http.Response.StatusCode);
        Assert.Equal(0, http.Response.Body.Length);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("{}", null)]
    [InlineData("""{"quota":null}""", null)]
    [InlineData("""{"quota":0}""", 0L)]
    [InlineData("""{"quota":1000000000000}""", 1_000_000_000_000L)]
    public async Task A_reset_may_set_a_quota(string body, long? quota)
    {
        Keys.Setup(it => it.ResetAsync(Known.Id, quota, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(Known);
        await new ResetKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default);
        Keys.Verify(it => it.ResetAsync(Known.Id, quota, "alice", It.IsAny<CancellationToken>()));
    }

    [Theory]
    [InlineData("""{"quota":-1}""")]
    [InlineData("""{"quota":1000000000001}""")]
    [InlineData("""{"quota":"1"}""")]
    public async Task A_reset_has_limits(string body) =>
        Assert.Equal(["quota"], (await Assert.ThrowsAsync<InvalidRequestException>(() => new ResetKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default))).Errors.Keys);

    [Theory]
    [InlineData("", "body")]
    [InlineData("{}", "amount")]
    [InlineData("""{"amount":0}""", "amount")]
    [InlineData("""{"amount":-5}""", "amount")]
    [InlineData("""{"amount":1000000000001}""", "amount")]
    [InlineData("""{"amount":1.5}""", "amount")]
    public async Task A_top_up_adds_something(string body, string field)
    {
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => new TopUpKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default));
        Assert.Single(exception.Errors[field]);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("""{"overlap_seconds":3600}""", 3600)]
    [InlineData("""{"overlap_seconds":2592000}""", 2_592_000)]
    public async Task A_rotation_shows_the_new_key(string body, int seconds)
    {
        Keys.Setup(it => it.RotateAsync(Known.Id, TimeSpan.FromSeconds(seconds), "alice", It.IsAny<CancellationToken>())).ReturnsAsync(new IssuedKey(Known, Secret));
        var json = await (await new RotateKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default)).AnswerAsync(TestRequests.Context());
        Assert.Equal(Secret.Reveal(), json.GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("""{"overlap_seconds":-1}""")]
    [InlineData("""{"overlap_seconds":2592001}""")]
    public async Task An_overlap_has_limits(string body) => Assert.Equal(
        ["overlap_seconds"],
        (await Assert.ThrowsAsync<InvalidRequestException>(() => new RotateKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default))).Errors.Keys);

    [Fact]
    public async Task A_quota_is_told_in_the_contracts_words()
    {
        var json = (await Operations(Known.Id).Single(operation => operation.Name == "quota").Run()).Json;
        Assert.Equal("count", json.GetProperty("quota_type").GetString());
        Assert.Equal(1000, json.GetProperty("total_quota").GetInt64());
        Assert.Equal(1000, json.GetProperty("remaining_quota").GetInt64());
        Assert.Equal(0, json.GetProperty("consumed_quota").GetInt64());
        Assert.Equal("2026-01-02T00:00:00Z", json.GetProperty("expires_at").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("resets_at").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("rate_limit_per_minute").ValueKind);
    }

    [Fact]
    public async Task The_books_are_told_in_the_contracts_words()
    {
        _verifier.Setup(it => it.VerifyAsync(Known.Id, false, It.IsAny<CancellationToken>())).ReturnsAsync(new Verification(true, 5, 5, 4, 1));
        var json = (await Operations(Known.Id).Single(operation => operation.Name == "verify").Run()).Json;
        Assert.Equal("""{"balanced":true,"unit":"requests","used":5,"ledger":5,"audited":4,"unsettled":1}""", json.GetRawText());
    }

    private IEnumerable<(string Name, Func<Task<(HttpContext Http, JsonElement Json)>> Run)> Operations(string key) =>
    [
        ("get", () => RunAsync(new GetKey(Keys.Object, Time).RunAsync(TestRequests.Context().Request, key, default))),
        ("change", () => RunAsync(new ChangeKey(Keys.Object, Time).RunAsync(Post("{}"), key, default))),
        ("delete", () => RunAsync(new DeleteKey(Keys.Object).RunAsync(TestRequests.Context("DELETE").Request, key, default))),
        ("reset", () => RunAsync(new ResetKey(Keys.Object, Time).RunAsync(Post(""), key, default))),
        ("topup", () => RunAsync(new TopUpKey(Keys.Object, Time).RunAsync(Post("""{"amount":1}"""), key, default))),
        ("rotate", () => RunAsync(new RotateKey(Keys.Object, Time).RunAsync(Post(""), key, default))),
        ("quota", () => RunAsync(new GetKeyQuota(Keys.Object).RunAsync(TestRequests.Context().Request, key, default))),
        ("logs", () => RunAsync(new GetKeyLogs(Keys.Object, Mock.Of<IAuditLog>()).RunAsync(TestRequests.Context().Request, key, default))),
        ("verify", () => RunAsync(new VerifyKey(Keys.Object, _verifier.Object).RunAsync(TestRequests.Context().Request, key, default))),
    ];

    private Task<(HttpContext Http, JsonElement Json)> CreateAsync(string body) =>
        RunAsync(new CreateKey(Keys.Object, Mock.Of<IPoolService>(), Time).RunAsync(Post(body), "manage", default));

    private Task<(HttpContext Http, JsonElement Json)> ChangeAsync(string body) =>
        RunAsync(new ChangeKey(Keys.Object, Time).RunAsync(Post(body), Known.Id, default));
}
