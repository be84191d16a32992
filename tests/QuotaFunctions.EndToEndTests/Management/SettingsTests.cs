using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>What is in force, and a log level for a while, on two instances.</summary>
[Collection(AppFixture.Name)]
public sealed class SettingsTests(AppFixture app)
{
    [Fact]
    public async Task Secrets_are_hidden()
    {
        var answer = await app.Admin.GetJsonAsync("/manage/settings");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("***", Setting(answer, "ADMIN_TOKEN").GetProperty("value").GetString());
        Assert.Equal("info", Setting(answer, "LOG_LEVEL").GetProperty("value").GetString());
        Assert.All([AppSettings.AdminToken, AppSettings.UpstreamCredential, "AccountKey"], secret => Assert.DoesNotContain(secret, answer.Json.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_level_holds_on_every_instance_and_ends_by_itself()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["TABLE_PREFIX"] = AzuriteFixture.UniqueName()[..16];
        await using var one = await AppFixture.StartAppAsync(settings);
        await using var two = await AppFixture.StartAppAsync(settings);
        using var admin = new HttpClient { BaseAddress = one.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = app.Admin.DefaultRequestHeaders.Authorization;
        using var other = new HttpClient { BaseAddress = two.BaseAddress };

        var changed = await admin.PatchJsonAsync("/manage/settings", """{"log_level":"debug","for_seconds":600}""");
        Assert.Equal(("debug", "temporary"), (Setting(changed, "LOG_LEVEL").GetProperty("value").GetString(), Setting(changed, "LOG_LEVEL").GetProperty("source").GetString()));
        Assert.Equal(LogLevel.Debug, LevelOf(one));
        await IsAsync(LogLevel.Debug, two, other);

        await admin.PatchJsonAsync("/manage/settings", """{"log_level":"error","for_seconds":1}""");
        await IsAsync(LogLevel.Information, one, admin);
        Assert.Equal("default", Setting(await admin.GetJsonAsync("/manage/settings"), "LOG_LEVEL").GetProperty("source").GetString());

        var audited = (await admin.GetJsonAsync("/manage/audit")).Json.GetProperty("actions").EnumerateArray().Last();
        Assert.Equal(("LOG_LEVEL", "info", "debug"), (
            audited.GetProperty("target").GetString(), audited.GetProperty("before").GetProperty("value").GetString(), audited.GetProperty("after").GetProperty("value").GetString()));
    }

    [Theory]
    [InlineData("""{"log_level":"loud"}""", "log_level")]
    [InlineData("""{"for_seconds":10}""", "log_level")]
    [InlineData("""{"log_level":"debug","for_seconds":0}""", "for_seconds")]
    [InlineData("""{"log_level":"debug","for_seconds":86401}""", "for_seconds")]
    [InlineData("""{"log_level":"debug","TABLE_PREFIX":"x"}""", "TABLE_PREFIX")]
    public async Task What_cannot_be_set_is_named(string body, string field)
    {
        var refused = await app.Admin.PatchJsonAsync("/manage/settings", body);
        Assert.Equal((HttpStatusCode.BadRequest, field), (refused.Status, refused.Json.GetProperty("errors").EnumerateObject().Single().Name));
    }

    private static LogLevel LevelOf(LocalHost.LocalFunctionsHost host) => host.Services.GetRequiredService<TemporaryLogLevel>().Current;

    // An instance looks when it is called
    private static Task IsAsync(LogLevel level, LocalHost.LocalFunctionsHost host, HttpClient client) => Eventually.TrueAsync(
        async () =>
        {
            using var answer = await client.GetAsync(new Uri("healthz", UriKind.Relative));
            return LevelOf(host) == level;
        },
        TimeSpan.FromMinutes(1));

    private static JsonElement Setting(Answer answer, string name) =>
        answer.Json.GetProperty("settings").EnumerateArray().Single(setting => setting.GetProperty("name").GetString() == name);
}
