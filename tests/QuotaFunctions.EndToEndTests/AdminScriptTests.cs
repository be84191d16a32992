using QuotaFunctions.EndToEndTests.Management;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>The scripts that call the management routes, as a person or cron uses them.</summary>
[Collection(AppFixture.Name)]
public sealed class AdminScriptTests(AppFixture app, ITestOutputHelper output)
{
    private const string Generate = "generate-api-key.sh";
    private const string TestAdmin = "test-admin-interface.sh";
    private const string Check = "check-credentials.sh";
    private const string CheckPrices = "check-prices.sh";

    [Fact]
    public async Task A_key_is_issued_and_printed_once()
    {
        var (code, log) = await RunAsync(Generate, "--prefix", "test", "--quota", "1000", "--name", "a \"name\" $(id)", "--tenant", "acme", "--rate", "60");
        Assert.Equal(0, code);
        var secret = Assert.Single(log.Split('\n'), line => line.StartsWith("test_", StringComparison.Ordinal)).Trim();
        var key = await app.Admin.GetJsonAsync($"/manage/keys/{secret}");
        Assert.Equal(("a \"name\" $(id)", 1000, "acme", 60), (key.Text("name"), key.Number("quota"), key.Text("tenant"), key.Number("rate_limit_per_minute")));
        Assert.Equal(2, log.Split(secret).Length);
    }

    [Fact]
    public async Task A_key_is_issued_in_dollars()
    {
        var (code, log) = await RunAsync(Generate, "--prefix", "test", "--unit", "usd", "--quota", "5.00");
        Assert.Equal(0, code);
        Assert.Contains(" with 5 usd.", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_may_come_from_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, AppSettings.AdminToken + "\n");
            var (code, _) = await RunAsync(Generate, new Dictionary<string, string?> { ["ADMIN_TOKEN"] = "" }, "--quota", "1", "--token-file", file);
            Assert.Equal(0, code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("gpt-4o\ngpt-4o-2024-08-06\nGPT-5-mini\ndall-e-3\n", 0, "")]
    [InlineData("gpt-4o\nunheard-of\n", 1, "missing  unheard-of")]
    [InlineData("""{"data":[{"id":"gpt-4o"},{"id":"unheard-of"}]}""", 1, "missing  unheard-of")]
    public async Task The_list_of_prices_knows_what_a_vendor_offers(string models, int expected, string said)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, models);
            var (code, log) = await RunAsync(CheckPrices, "--quiet", "--vendor", "openai", "--models", file);
            Assert.True(code == expected, log);
            Assert.Contains(said, log, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_admin_interface_is_gone_through()
    {
        var (code, log) = await RunAsync(TestAdmin);
        Assert.Equal(0, code);
        Assert.Equal(
            ["create", "list", "get", "patch", "top up", "reset", "rotate", "revoke", "revoked"],
            log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line["ok      ".Length..]));
    }

    [Theory]
    [InlineData(Generate, 2, "--quota", "many")]
    [InlineData(Generate, 2, "--quota", "1.0000001")]
    [InlineData(Generate, 1, "--quota", "1.5")]
    [InlineData(Generate, 2)]
    [InlineData(Generate, 2, "--quota")]
    [InlineData(Generate, 2, "--quota", "1", "--colour", "red")]
    [InlineData(Generate, 1, "--quota", "1", "--prefix", "Bad Prefix")]
    [InlineData(Generate, 1, "--quota", "1", "--url", "http://127.0.0.1:1")]
    [InlineData(TestAdmin, 2, "--url", "http://127.0.0.1:1")]
    [InlineData(TestAdmin, 2, "--verbose")]
    [InlineData(TestAdmin, 2, "--token-file", "/nowhere")]
    [InlineData(Check, 2, "--url", "http://127.0.0.1:1")]
    [InlineData(Check, 2, "--verbose")]
    [InlineData(Check, 2, "--url")]
    public async Task What_does_not_go_is_told_by_the_exit_code(string script, int expected, params string[] arguments)
    {
        var (code, log) = await RunAsync(script, arguments);
        Assert.Equal(expected, code);
        Assert.Contains($"scripts/{script}: ", log, StringComparison.Ordinal);
        Assert.DoesNotContain(AppSettings.AdminToken, log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Generate, "--quota", "1")]
    [InlineData(TestAdmin)]
    public async Task A_wrong_token_is_not_shown_and_ends_it(string script, params string[] arguments)
    {
        var (code, log) = await RunAsync(script, new Dictionary<string, string?> { ["ADMIN_TOKEN"] = "a-wrong-\"token\\" }, arguments);
        Assert.Equal(script == Generate ? 1 : 2, code);
        Assert.Contains("401", log, StringComparison.Ordinal);
        Assert.DoesNotContain("a-wrong", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Generate)]
    [InlineData(TestAdmin)]
    [InlineData(Check)]
    public async Task Help_says_what_it_takes(string script)
    {
        var (code, log) = await RunAsync(script, "--help");
        Assert.Equal(0, code);
        Assert.Contains($"Usage: scripts/{script}", log, StringComparison.Ordinal);
        Assert.Contains("Exits with 0", log, StringComparison.Ordinal);
    }

    private Task<(int Code, string Log)> RunAsync(string script, params string[] arguments) => RunAsync(script, new Dictionary<string, string?>(), arguments);

    private async Task<(int Code, string Log)> RunAsync(string script, Dictionary<string, string?> environment, params string[] arguments)
    {
        environment.TryAdd("ADMIN_TOKEN", AppSettings.AdminToken);
        environment["QUOTA_URL"] = app.Host.BaseAddress.GetLeftPart(UriPartial.Authority);
        await using var process = ChildProcess.Start(Repository.PathOf("scripts", script), arguments, Repository.Root, environment);
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(1));
        output.WriteLine(process.Log);
        return (code, process.Log);
    }
}
