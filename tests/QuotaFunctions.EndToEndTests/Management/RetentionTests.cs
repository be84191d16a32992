using System.Globalization;
using System.Net;
using Azure.Data.Tables;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Retention over HTTP, and by its script.</summary>
[Collection(AppFixture.Name)]
public sealed class RetentionTests(AppFixture app, ITestOutputHelper output)
{
    private const string Script = "cleanup-quota-logs.sh";

    [Fact]
    public async Task A_run_deletes_what_is_old_and_says_so()
    {
        await AddOldActionAsync();
        var before = await app.Admin.GetJsonAsync("/manage/retention");
        Assert.Equal(HttpStatusCode.OK, before.Status);
        Assert.Equal(
            (true, 180, "24h", 10_000),
            (before.Json.GetProperty("enabled").GetBoolean(), before.Number("retention_days"), before.Text("cleanup_interval"), before.Number("batch_size")));
        Assert.InRange(before.Json.GetProperty("next_cleanup_time").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(-1), TimeSpan.FromHours(25));

        var begun = await app.Admin.PostJsonAsync("/admin/retention/run", "");
        Assert.Equal(HttpStatusCode.Accepted, begun.Status);

        var after = await Eventually.GetAsync(
            async () => await app.Admin.GetJsonAsync("/admin/retention") is var now && !now.Json.GetProperty("running").GetBoolean() ? now : null,
            TimeSpan.FromMinutes(1),
            "the run ends");
        Assert.InRange(after.Number("last_cleanup_count"), 1, int.MaxValue);
        Assert.Equal(0, after.Number("last_cleanup_failures"));
        Assert.InRange(after.Number("total_cleaned_count"), after.Number("last_cleanup_count"), int.MaxValue);
        Assert.NotNull(after.Text("last_cleanup_time"));

        var flow = await app.Admin.GetJsonAsync("/flow/quota/cleanup/stats");
        Assert.True(flow.Json.GetProperty("success").GetBoolean());
        Assert.Equal(
            ["enabled", "retention_days", "cleanup_interval", "batch_size", "running", "last_cleanup_time", "last_cleanup_count", "last_cleanup_failures", "total_cleaned_count", "next_cleanup_time"],
            flow.Json.GetProperty("data").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Nobody_else_begins_a_run()
    {
        using var anyone = await app.Anyone.PostAsync("/manage/retention/run", null);
        Assert.Equal(HttpStatusCode.Unauthorized, anyone.StatusCode);
    }

    [Fact]
    public async Task The_script_waits_for_the_end_and_says_what_was_deleted()
    {
        var (code, log) = await RunAsync(AppSettings.AdminToken);
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+ rows deleted, \d+ in all", log);
        Assert.Equal(0, (await RunAsync(AppSettings.AdminToken, "--no-wait")).Code);
    }

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(2, "--verbose")]
    [InlineData(2, "--max-wait", "soon")]
    [InlineData(2, "--token-file", "/nowhere/token")]
    [InlineData(2, "--url", "http://127.0.0.1:1")]
    public async Task The_script_tells_by_its_exit_code(int expected, params string[] arguments) =>
        Assert.Equal(expected, (await RunAsync(AppSettings.AdminToken, arguments)).Code);

    [Fact]
    public async Task The_script_with_a_wrong_token_cannot_tell() => Assert.Equal(2, (await RunAsync("not-the-token-0123456789")).Code);

    private async Task AddOldActionAsync()
    {
        var table = new TableServiceClient(app.Azurite.ConnectionString).GetTableClient("adminaudit");
        var at = TimeProvider.System.GetUtcNow().AddYears(-5);
        var month = (999_999 - (at.Year * 100) - at.Month).ToString("D6", CultureInfo.InvariantCulture);
        await table.UpsertEntityAsync(new TableEntity(month, $"{DateTimeOffset.MaxValue.Ticks - at.Ticks:D19}-{Guid.NewGuid():N}"));
    }

    private async Task<(int Code, string Log)> RunAsync(string token, params string[] arguments)
    {
        await using var script = ChildProcess.Start(
            Repository.PathOf("scripts", Script), arguments, Repository.Root, [new("QUOTA_URL", app.Host.BaseAddress.ToString()), new("ADMIN_TOKEN", token)]);
        script.CloseInput();
        var code = await script.WaitForExitAsync();
        output.WriteLine(script.Log);
        return (code, script.Log);
    }
}
