using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuotaFunctions.EndToEndTests.Management;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>Keys of earlier systems: their secrets go on working, with what was left of them.</summary>
[Collection(AppFixture.Name)]
public sealed class MigrationTests(AppFixture app, ITestOutputHelper output) : IDisposable
{
    private const string FromSqlite = "migrate-from-sqlite.sh";
    private const string FromMySql = "migrate-from-mysql-dump.sh";
    private const string FromLiteLlm = "migrate-from-litellm.sh";
    private const string FromNewApi = "migrate-from-new-api.sh";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("migration-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_converters_pass_their_own_tests()
    {
        var tests = Directory.GetFiles(Repository.PathOf("tests", "migrate"), "*.test.mjs");
        await using var run = ChildProcess.Start("node", ["--test", .. tests], Repository.Root);
        var code = await run.WaitForExitAsync(TimeSpan.FromMinutes(5));
        output.WriteLine(run.Log);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_secret_of_an_earlier_database_spends_exactly_what_was_left()
    {
        var secret = NewSecret("sk-");
        var other = Guid.NewGuid().ToString();
        var file = await DatabaseAsync($"""
            CREATE TABLE api_keys (api_key TEXT PRIMARY KEY, name TEXT, quota INTEGER, used INTEGER, expires_at TEXT, created_at TEXT);
            CREATE TABLE usage_stats (api_key TEXT, requests INTEGER);
            INSERT INTO api_keys VALUES ('{secret}', '=HYPERLINK("http://x")', 10, 7, NULL, '2025-01-01 10:00:00'), ('{other}', printf('%.10000c', 'x'), 5, NULL, NULL, NULL),
              (NULL, 'no secret', 5, 0, NULL, NULL), ('no quota', 'n', NULL, 0, NULL, NULL);
            INSERT INTO usage_stats VALUES ('{other}', 1), ('{other}', 1);
            """);

        var (code, log) = await RunAsync(FromSqlite, "--dry-run", file);
        Assert.Equal(1, code);
        Assert.Contains("left behind: row 3 \"no secret\": it has no secret", log, StringComparison.Ordinal);
        Assert.Contains("2 keys and pools to be imported", log, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsumeAsync(secret));

        // The directory remembers for a moment that nobody has it
        Assert.Equal(1, (await RunAsync(FromSqlite, file)).Code);
        await Eventually.TrueAsync(async () => await ConsumeAsync(secret, cost: 0) == HttpStatusCode.OK, TimeSpan.FromSeconds(30));
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests],
            [await ConsumeAsync(secret), await ConsumeAsync(secret), await ConsumeAsync(secret), await ConsumeAsync(secret)]);

        var again = await RunAsync(FromSqlite, file);
        Assert.Equal(1, again.Code);
        Assert.Contains("0 keys and pools imported, 2 there by an earlier try", again.Log, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, await ConsumeAsync(secret));

        var key = await app.Admin.GetJsonAsync($"/manage/keys/{secret}");
        Assert.Equal(("=HYPERLINK(\"http://x\")", 10, 10), (key.Text("name"), key.Number("quota"), key.Number("used")));
        Assert.Equal((5, 3), ((await app.Admin.GetJsonAsync($"/manage/keys/{other}")).Number("quota"), (await app.Admin.GetJsonAsync($"/manage/keys/{other}")).Number("remaining")));
        await IsBalancedAsync(key.Text("id")!, used: 10);
    }

    [Fact]
    public async Task A_moved_key_is_revoked_at_once_and_another_run_does_not_bring_it_back()
    {
        var secret = NewSecret("tok-");
        var file = Write($"""
            CREATE TABLE `access_tokens` (`id` int, `access_token` varchar(99), `ws_id` text, `email` text, `quota_type` text, `total_quota` int, `remaining_quota` int, PRIMARY KEY (`id`));
            INSERT INTO `access_tokens` VALUES (1,'{secret}','it''s; \"a\" workspace','ada@example.com','count',100,2);
            """);
        Assert.Equal(0, (await RunAsync(FromMySql, file)).Code);
        Assert.Equal(HttpStatusCode.OK, await ConsumeAsync(secret));
        var token = await app.Admin.GetJsonAsync($"/flow/tokens/{secret}/quota");
        Assert.Equal(1, token.Json.GetProperty("data").GetProperty("remaining_quota").GetInt64());

        using (var deleted = await app.Admin.DeleteAsync($"/manage/keys/{secret}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await ConsumeAsync(secret));
        Assert.Equal(0, (await RunAsync(FromMySql, file)).Code);
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsumeAsync(secret));
    }

    [Fact]
    public async Task A_budget_in_dollars_goes_on_where_it_was()
    {
        var (first, second) = (NewSecret("sk-"), NewSecret("")[..20]);
        var list = Write(JsonSerializer.Serialize(new
        {
            keys = new object[]
            {
                new { token = Sha256(first), key_alias = "web", spend = 0.1 + 0.2, max_budget = 12.5, budget_duration = "30d", models = Array.Empty<string>() },
                new { token = "$2b$12$another-hash", spend = 0, max_budget = 1 },
            },
        }));
        Assert.Equal(1, (await RunAsync(FromLiteLlm, list)).Code);
        Assert.Equal((12.5m, 12.2m, 0.3m), await DollarsAsync(first));

        var tokens = Write(JsonSerializer.Serialize(new
        {
            data = new { items = new[] { new { id = 1, key = second, status = 1, name = "n", expired_time = -1, remain_quota = 500_001, used_quota = 250_000, unlimited_quota = false } } },
        }));
        Assert.Equal(0, (await RunAsync(FromNewApi, tokens)).Code);
        Assert.Equal((1.500002m, 1.000002m, 0.5m), await DollarsAsync($"sk-{second}"));
    }

    [Theory]
    [InlineData(0, FromSqlite, "--help")]
    [InlineData(0, FromMySql, "--help")]
    [InlineData(0, FromLiteLlm, "--help")]
    [InlineData(0, FromNewApi, "--help")]
    [InlineData(2, FromSqlite)]
    [InlineData(2, FromSqlite, "/nowhere/at-all.db")]
    [InlineData(2, FromSqlite, "a.db", "b.db")]
    [InlineData(2, FromMySql, "--verbose", "dump.sql")]
    [InlineData(2, FromLiteLlm, "--url")]
    public async Task The_scripts_tell_by_their_exit_code(int expected, string script, params string[] arguments) =>
        Assert.Equal(expected, (await RunAsync(script, arguments)).Code);

    [Fact]
    public async Task Without_a_service_nothing_is_moved() =>
        Assert.Equal(2, (await RunAsync(FromLiteLlm, Write("""{"keys":[]}"""), "--url", "http://127.0.0.1:1")).Code);

    private static string NewSecret(string prefix) => prefix + Guid.NewGuid().ToString("N");

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string Write(string content)
    {
        var file = Path.Combine(_folder.FullName, Path.GetRandomFileName());
        File.WriteAllText(file, content);
        return file;
    }

    private async Task<string> DatabaseAsync(string sql)
    {
        var file = Path.Combine(_folder.FullName, "old.db");
        await using var program = ChildProcess.Start(Repository.PathOf("scripts", "debian-program.sh"), ["sqlite3", "sqlite3", file, sql], _folder.FullName);
        Assert.Equal(0, await program.WaitForExitAsync(TimeSpan.FromMinutes(2)));
        return file;
    }

    private async Task<HttpStatusCode> ConsumeAsync(string secret, int cost = 1)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/quota/consume") { Content = JsonContent.Create(new { cost }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        using var response = await app.Anyone.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<(decimal Total, decimal Remaining, decimal Used)> DollarsAsync(string secret)
    {
        using var client = app.ClientWithKey(secret);
        var quota = await client.GetFromJsonAsync<JsonElement>("/quota");
        Assert.Equal("usd", quota.GetProperty("unit").GetString());
        return (quota.GetProperty("total_quota").GetDecimal(), quota.GetProperty("remaining_quota").GetDecimal(), quota.GetProperty("consumed_quota").GetDecimal());
    }

    private Task IsBalancedAsync(string id, long used) => Eventually.TrueAsync(
        async () => await app.Admin.GetJsonAsync($"/manage/keys/{id}/verify") is var books
            && books.Json.GetProperty("balanced").GetBoolean() && books.Number("used") == used && books.Number("audited") == used,
        TimeSpan.FromMinutes(1));

    private async Task<(int Code, string Log)> RunAsync(string script, params string[] arguments)
    {
        await using var run = ChildProcess.Start(
            Repository.PathOf("scripts", script), arguments, Repository.Root, [new("QUOTA_URL", app.Host.BaseAddress.ToString()), new("ADMIN_TOKEN", AppSettings.AdminToken)]);
        run.CloseInput();
        var code = await run.WaitForExitAsync(TimeSpan.FromMinutes(1));
        output.WriteLine(run.Log);
        return (code, run.Log);
    }
}
