using System.Runtime.CompilerServices;
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

public sealed class KeyFunctionsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Mock<IKeyService> _keys = new(MockBehavior.Strict);
    private readonly Mock<IAuditLog> _log = new(MockBehavior.Strict);
    private readonly Mock<IBookVerifier> _verifier = new(MockBehavior.Strict);
    private readonly KeySecret _secret = KeySecret.New("trial");
    private readonly ApiKey _key;

    public KeyFunctionsTests()
    {
        _key = Key(new KeySettings { Name = "n", Quota = 1000, ExpiresAt = _time.GetUtcNow().AddDays(1) });
        _keys.Setup(it => it.FindAsync(_key.Id, It.IsAny<CancellationToken>())).ReturnsAsync(_key);
        _keys.Setup(it => it.FindAsync("nobody", It.IsAny<CancellationToken>())).ReturnsAsync((ApiKey?)null);
    }

    [Fact]
    public async Task Creation_answers_in_the_contracts_words_and_shows_the_key()
    {
        _keys.Setup(it => it.CreateAsync(It.IsAny<KeySettings>(), "test", null, "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((KeySettings settings, string _, string? _, string _, CancellationToken _) => new IssuedKey(Key(settings), _secret));
        var (http, json) = await CreateAsync("""{"name":"Ada","quota":1000,"expires_at":"2026-01-02T00:00:00Z","prefix":"test"}""");
        Assert.Equal(201, http.Response.StatusCode);
        Assert.Equal("application/json", http.Response.ContentType);
        Assert.Equal("no-store", http.Response.Headers.CacheControl);
        Assert.Equal($"/manage/keys/{_key.Id}", http.Response.Headers.Location);
        Assert.Equal(_key.Id, json.GetProperty("id").GetString());
        Assert.Equal(_secret.Reveal(), json.GetProperty("key").GetString());
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
        _keys.Setup(it => it.CreateAsync(It.Is<KeySettings>(settings => settings.QuotaType == QuotaType.Time), "trial", null, "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((KeySettings settings, string _, string? _, string _, CancellationToken _) => new IssuedKey(Key(settings), _secret));
        var (_, json) = await CreateAsync("""{"name":"n","quota_type":"time","expires_at":"2026-01-02T00:00:00Z"}""");
        Assert.Equal(JsonValueKind.Null, json.GetProperty("quota").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("remaining").ValueKind);
    }

    [Fact]
    public async Task A_pool_that_is_not_there_is_a_fault_of_the_request()
    {
        var pool = KeyLocator.NewPoolId();
        _keys.Setup(it => it.CreateAsync(It.IsAny<KeySettings>(), "trial", pool, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => CreateAsync($$"""{"name":"n","quota":1,"pool":"{{pool}}"}"""));
        Assert.Equal(["pool"], exception.Errors.Keys);
    }

    [Fact]
    public async Task A_list_says_how_many_there_are_and_where_it_goes_on()
    {
        var cursor = new KeyPlace(KeySort.LastUsed, -1, "", _key.Id).ToCursor();
        _keys.Setup(it => it.ListAsync(
                new KeyQuery { Limit = 5, Sort = KeySort.LastUsed, Cursor = cursor, Name = "a'b", Tenant = "t", Status = KeyStatus.Disabled, Expired = false }, It.IsAny<CancellationToken>()))
            .ReturnsAsync(new KeyPage(17, [_key], "next"));
        var json = await (await List($"?limit=5&cursor={cursor}&name=a%27b&tenant=t&status=disabled&sort=last_used")).AnswerAsync(TestRequests.Context());
        Assert.Equal(17, json.GetProperty("total").GetInt32());
        Assert.Equal("next", json.GetProperty("next").GetString());
        Assert.False(Assert.Single(json.GetProperty("keys").EnumerateArray()).TryGetProperty("key", out _));
    }

    [Fact]
    public async Task A_cursor_is_good_for_the_sort_that_it_came_from()
    {
        var cursor = new KeyPlace(KeySort.Name, 0, "Ada", _key.Id).ToCursor();
        Assert.Equal(["cursor"], (await Assert.ThrowsAsync<InvalidRequestException>(() => List($"?sort=used&cursor={cursor}"))).Errors.Keys);
    }

    [Fact]
    public async Task The_last_page_has_no_next()
    {
        _keys.Setup(it => it.ListAsync(new KeyQuery(), It.IsAny<CancellationToken>())).ReturnsAsync(new KeyPage(0, [], null));
        Assert.Equal("""{"total":0,"keys":[]}""", (await (await List("")).AnswerAsync(TestRequests.Context())).GetRawText());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?status=happy", "status")]
    [InlineData("?sort=size", "sort")]
    [InlineData("?page=1", "page")]
    public async Task A_list_is_asked_for_strictly(string query, string field) =>
        Assert.Equal([field], (await Assert.ThrowsAsync<InvalidRequestException>(() => List(query))).Errors.Keys);

    [Theory]
    [InlineData(KeyStatus.Active, false, "active")]
    [InlineData(KeyStatus.Active, true, "expired")]
    [InlineData(KeyStatus.Disabled, false, "disabled")]
    [InlineData(KeyStatus.Disabled, true, "expired")]
    [InlineData(KeyStatus.Revoked, true, "revoked")]
    public async Task Expiry_shows_in_the_status(KeyStatus status, bool expired, string shown)
    {
        var key = _key with { Status = status, Settings = _key.Settings with { ExpiresAt = _time.GetUtcNow().AddTicks(expired ? 0 : 1) } };
        _keys.Setup(it => it.FindAsync("it", It.IsAny<CancellationToken>())).ReturnsAsync(key);
        var json = await (await new GetKey(_keys.Object, _time).RunAsync(TestRequests.Context().Request, "it", default)).AnswerAsync(TestRequests.Context());
        Assert.Equal(shown, json.GetProperty("status").GetString());
        Assert.False(json.TryGetProperty("key", out _));
    }

    [Fact]
    public async Task A_change_sets_what_is_given_and_leaves_the_rest()
    {
        (KeySettings, KeyStatus)? set = null;
        _keys.Setup(it => it.ChangeAsync(_key.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) =>
            {
                set = change(_key);
                return _key with { Settings = set.Value.Item1, Status = set.Value.Item2 };
            });
        var (_, json) = await ChangeAsync($$"""{"status":"disabled","expires_at":null,"prefix":"trial","pool":null}""");
        Assert.Equal((_key.Settings with { ExpiresAt = null }, KeyStatus.Disabled), set);
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
        _keys.Setup(it => it.ChangeAsync(_key.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) =>
            {
                change(_key);
                return _key;
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
        _keys.Setup(it => it.ChangeAsync(_key.Id, It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        _keys.Setup(it => it.ResetAsync(_key.Id, null, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        _keys.Setup(it => it.TopUpAsync(_key.Id, 1, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        _keys.Setup(it => it.RotateAsync(_key.Id, TimeSpan.Zero, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        _keys.Setup(it => it.RevokeAsync(_key.Id, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(false);
        foreach (var (name, run) in Operations(_key.Id).Where(operation => operation.Name is "change" or "reset" or "topup" or "rotate" or "delete"))
        {
            Assert.Equal((name, 404), (name, (await run()).Http.Response.StatusCode));
        }
    }

    [Fact]
    public async Task A_deletion_answers_with_nothing()
    {
        _keys.Setup(it => it.RevokeAsync(_key.Id, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(true);
        var (http, _) = await Operations(_key.Id).Single(operation => operation.Name == "delete").Run();
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
        _keys.Setup(it => it.ResetAsync(_key.Id, quota, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(_key);
        await new ResetKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default);
        _keys.Verify(it => it.ResetAsync(_key.Id, quota, "alice", It.IsAny<CancellationToken>()));
    }

    [Theory]
    [InlineData("""{"quota":-1}""")]
    [InlineData("""{"quota":1000000000001}""")]
    [InlineData("""{"quota":"1"}""")]
    public async Task A_reset_has_limits(string body) =>
        Assert.Equal(["quota"], (await Assert.ThrowsAsync<InvalidRequestException>(() => new ResetKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default))).Errors.Keys);

    [Theory]
    [InlineData("", "body")]
    [InlineData("{}", "amount")]
    [InlineData("""{"amount":0}""", "amount")]
    [InlineData("""{"amount":-5}""", "amount")]
    [InlineData("""{"amount":1000000000001}""", "amount")]
    [InlineData("""{"amount":1.5}""", "amount")]
    public async Task A_top_up_adds_something(string body, string field)
    {
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => new TopUpKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default));
        Assert.Single(exception.Errors[field]);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("""{"overlap_seconds":3600}""", 3600)]
    [InlineData("""{"overlap_seconds":2592000}""", 2_592_000)]
    public async Task A_rotation_shows_the_new_key(string body, int seconds)
    {
        _keys.Setup(it => it.RotateAsync(_key.Id, TimeSpan.FromSeconds(seconds), "alice", It.IsAny<CancellationToken>())).ReturnsAsync(new IssuedKey(_key, _secret));
        var json = await (await new RotateKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default)).AnswerAsync(TestRequests.Context());
        Assert.Equal(_secret.Reveal(), json.GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("""{"overlap_seconds":-1}""")]
    [InlineData("""{"overlap_seconds":2592001}""")]
    public async Task An_overlap_has_limits(string body) => Assert.Equal(
        ["overlap_seconds"],
        (await Assert.ThrowsAsync<InvalidRequestException>(() => new RotateKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default))).Errors.Keys);

    [Fact]
    public async Task A_quota_is_told_in_the_contracts_words()
    {
        var json = (await Operations(_key.Id).Single(operation => operation.Name == "quota").Run()).Json;
        Assert.Equal("count", json.GetProperty("quota_type").GetString());
        Assert.Equal(1000, json.GetProperty("total_quota").GetInt64());
        Assert.Equal(1000, json.GetProperty("remaining_quota").GetInt64());
        Assert.Equal(0, json.GetProperty("consumed_quota").GetInt64());
        Assert.Equal("2026-01-02T00:00:00Z", json.GetProperty("expires_at").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("resets_at").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("rate_limit_per_minute").ValueKind);
    }

    [Fact]
    public async Task The_log_is_asked_for_what_the_query_says()
    {
        var cursor = new ChargeId(20260101, 42, 0).ToString();
        var row = new AuditRow { Id = cursor, KeyId = _key.Id, At = _time.GetUtcNow(), Outcome = "succeeded", Cost = 1, Status = 200, LatencyMs = 12 };
        _log.Setup(it => it.ReadAsync(
                new AuditQuery { KeyId = _key.Id, PageSize = 7, Cursor = cursor, From = _time.GetUtcNow(), To = _time.GetUtcNow().AddDays(1), Outcome = "succeeded" },
                It.IsAny<CancellationToken>()))
            .ReturnsAsync(new AuditPage([row], cursor));
        var json = (await LogsAsync($"?page_size=7&cursor={cursor}&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&outcome=succeeded")).Json;
        Assert.Equal(cursor, json.GetProperty("next").GetString());
        var shown = Assert.Single(json.GetProperty("logs").EnumerateArray());
        Assert.Equal("2026-01-01T00:00:00Z", shown.GetProperty("at").GetString());
        Assert.Equal(12, shown.GetProperty("latency_ms").GetInt32());
    }

    [Theory]
    [InlineData("?page=0", "page")]
    [InlineData("?page=10001", "page")]
    [InlineData("?page_size=0", "page_size")]
    [InlineData("?page_size=1001", "page_size")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?page=1&cursor=chg_20260101-42-0", "cursor")]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "to")]
    [InlineData("?outcome=Good%20one", "outcome")]
    [InlineData("?since=2026-01-02T00:00:00Z", "since")]
    [InlineData("?tenant=acme", "tenant")]
    [InlineData("?cursor=638000000000000000", "cursor")]
    [InlineData("?format=xml", "format")]
    [InlineData("?format=csv&page=1", "page")]
    [InlineData("?format=ndjson&page_size=100", "page_size")]
    [InlineData("?format=csv&cursor=chg_20260101-42-0", "cursor")]
    public async Task The_log_is_asked_for_strictly(string query, string field) =>
        Assert.Equal([field], (await Assert.ThrowsAsync<InvalidRequestException>(() => LogsAsync(query))).Errors.Keys);

    [Theory]
    [InlineData("csv", "text/csv; charset=utf-8")]
    [InlineData("ndjson", "application/x-ndjson")]
    public async Task All_rows_are_one_answer_read_page_by_page(string format, string type)
    {
        SetUpTwoPages(afterFirst: () => { });
        var http = TestRequests.Context();
        await (await LogsResultAsync($"?format={format}&outcome=failed&provider=openai&model=m")).ExecuteAsync(http);

        Assert.Equal(type, http.Response.ContentType);
        var lines = Text(http).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rows = format == "csv" ? lines[1..] : lines;
        Assert.Equal(["-3", "4"], rows.Select(row => format == "csv" ? row.Split(',')[4] : JsonElement.Parse(row).GetProperty("cost").GetRawText()));
        Assert.Contains(format == "csv" ? "'=1+1" : "\"=1\\u002B1\"", rows[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task CSV_has_the_names_of_JSON()
    {
        SetUpTwoPages(afterFirst: () => { });
        var (csv, ndjson) = (TestRequests.Context(), TestRequests.Context());
        await (await LogsResultAsync("?format=csv&outcome=failed&provider=openai&model=m")).ExecuteAsync(csv);
        await (await LogsResultAsync("?format=ndjson&outcome=failed&provider=openai&model=m")).ExecuteAsync(ndjson);

        var names = JsonElement.Parse(Text(ndjson).Split('\n')[0]).EnumerateObject().Select(property => property.Name).ToList();
        Assert.Equal(names, Text(csv).Split('\n')[0].Trim().Split(','));
        Assert.Equal(names.Count, Text(csv).Split('\n')[1].Split(',').Length);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_reading()
    {
        using var left = new CancellationTokenSource();
        SetUpTwoPages(afterFirst: left.Cancel);
        var http = TestRequests.Context();
        http.RequestAborted = left.Token;
        await (await LogsResultAsync("?format=ndjson&outcome=failed&provider=openai&model=m")).ExecuteAsync(http);

        Assert.DoesNotContain("chg_20260101-41-0", Text(http), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_books_are_told_in_the_contracts_words()
    {
        _verifier.Setup(it => it.VerifyAsync(_key.Id, false, It.IsAny<CancellationToken>())).ReturnsAsync(new Verification(true, 5, 5, 4, 1));
        var json = (await Operations(_key.Id).Single(operation => operation.Name == "verify").Run()).Json;
        Assert.Equal("""{"balanced":true,"unit":"requests","used":5,"ledger":5,"audited":4,"unsettled":1}""", json.GetRawText());
    }

    private IEnumerable<(string Name, Func<Task<(HttpContext Http, JsonElement Json)>> Run)> Operations(string key) =>
    [
        ("get", () => RunAsync(new GetKey(_keys.Object, _time).RunAsync(TestRequests.Context().Request, key, default))),
        ("change", () => RunAsync(new ChangeKey(_keys.Object, _time).RunAsync(Post("{}"), key, default))),
        ("delete", () => RunAsync(new DeleteKey(_keys.Object).RunAsync(TestRequests.Context("DELETE").Request, key, default))),
        ("reset", () => RunAsync(new ResetKey(_keys.Object, _time).RunAsync(Post(""), key, default))),
        ("topup", () => RunAsync(new TopUpKey(_keys.Object, _time).RunAsync(Post("""{"amount":1}"""), key, default))),
        ("rotate", () => RunAsync(new RotateKey(_keys.Object, _time).RunAsync(Post(""), key, default))),
        ("quota", () => RunAsync(new GetKeyQuota(_keys.Object).RunAsync(TestRequests.Context().Request, key, default))),
        ("logs", () => RunAsync(new GetKeyLogs(_keys.Object, _log.Object).RunAsync(TestRequests.Context().Request, key, default))),
        ("verify", () => RunAsync(new VerifyKey(_keys.Object, _verifier.Object).RunAsync(TestRequests.Context().Request, key, default))),
    ];

    private Task<(HttpContext Http, JsonElement Json)> CreateAsync(string body) =>
        RunAsync(new CreateKey(_keys.Object, Mock.Of<IPoolService>(), _time).RunAsync(Post(body), "manage", default));

    private Task<(HttpContext Http, JsonElement Json)> ChangeAsync(string body) =>
        RunAsync(new ChangeKey(_keys.Object, _time).RunAsync(Post(body), _key.Id, default));

    private Task<(HttpContext Http, JsonElement Json)> LogsAsync(string query) =>
        RunAsync(new GetKeyLogs(_keys.Object, _log.Object).RunAsync(TestRequests.Context(query: query).Request, _key.Id, default));

    private Task<IResult> LogsResultAsync(string query) =>
        new GetKeyLogs(_keys.Object, _log.Object).RunAsync(TestRequests.Context(query: query).Request, _key.Id, default);

    /// <summary>A log of two pages with a row each.</summary>
    private void SetUpTwoPages(Action afterFirst)
    {
        var query = new AuditQuery { KeyId = _key.Id, PageSize = AuditQuery.MaxPageSize, Outcome = "failed", Provider = "openai", Model = "m" };
        var row = new AuditRow
        {
            Id = "chg_20260101-42-0", KeyId = _key.Id, At = _time.GetUtcNow(), Outcome = "failed", Cost = -3, Reference = "=1+1", TraceId = "4bf92f3577b34da6a3ce929d0e0e4736", Instance = "i",
        };
        var first = new AuditPage([row], row.Id);
        _log.Setup(it => it.ReadAsync(query, It.IsAny<CancellationToken>())).Callback(afterFirst).ReturnsAsync(first);
        _log.Setup(it => it.ReadOnAsync(query, first, It.IsAny<CancellationToken>()))
            .Returns((AuditQuery _, AuditPage _, CancellationToken token) => RowsAsync(row, row with { Id = "chg_20260101-41-0", Cost = 4 }, token));

        static async IAsyncEnumerable<AuditRow> RowsAsync(AuditRow one, AuditRow next, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return one;
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            yield return next;
        }
    }

    private static string Text(HttpContext http) => System.Text.Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());

    private Task<IResult> List(string query) => new ListKeys(_keys.Object, _time).RunAsync(TestRequests.Context(query: query).Request, default);

    private static async Task<(HttpContext Http, JsonElement Json)> RunAsync(Task<IResult> function)
    {
        var http = TestRequests.Context();
        return (http, await (await function).AnswerAsync(http));
    }

    private static HttpRequest Post(string body) => TestRequests.Context("POST", body: body).Request;

    private ApiKey Key(KeySettings settings) => new()
    {
        Locator = _key?.Locator ?? KeyLocator.New(null),
        Prefix = "trial",
        Settings = settings,
        CreatedAt = _time.GetUtcNow(),
        Secrets = [new SecretHash(_secret.Hash)],
        Quota = new QuotaSnapshot
        {
            Type = settings.QuotaType,
            Limit = settings.QuotaType == QuotaType.Time ? null : settings.Quota,
            Used = 0,
            Remaining = settings.QuotaType == QuotaType.Time ? null : settings.Quota,
            ExpiresAt = settings.ExpiresAt,
        },
    };
}
