using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>A provider that refuses our credential, in an app of its own: what it says is known to every instance.</summary>
[Collection(ProxyFixture.Name)]
public sealed class CredentialTests(ProxyFixture fixture)
{
    [Fact]
    public async Task A_refused_credential_is_told_everywhere_but_never_quoted()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        var settings = AppSettings.For(azurite.ConnectionString);
        foreach (var provider in new[] { "openai", "claude" })
        {
            settings[$"Providers__{provider}__BaseUrl"] = new Uri(fixture.Scripted.BaseAddress, $"/{provider}").ToString();
            settings[$"Providers__{provider}__ApiKey"] = "the-credential";
        }

        await using var host = await AppFixture.StartAppAsync(settings);
        await using var other = await AppFixture.StartAppAsync(settings);
        using var admin = new HttpClient { BaseAddress = host.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        using var created = await admin.PostAsJsonAsync("/admin/keys", new { name = "test", quota = 10 });
        var made = await created.Content.ReadFromJsonAsync<JsonElement>();
        using var key = new KeyHolder(host.BaseAddress, admin, made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        using var anyone = new HttpClient { BaseAddress = other.BaseAddress };
        Assert.Equal("""{"claude":true,"openai":true}""", await anyone.GetStringAsync("/api/credentials/status"));

        var name = fixture.Scripted.On(async context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["X-Upstream"] = "the-credential";
            await context.Response.WriteAsync($"Incorrect API key provided: {context.Request.Headers.Authorization}");
        });
        using var answer = await key.PostAsync($"/providers/claude/{name}", "{}");
        await answer.IsProblemAsync(HttpStatusCode.BadGateway, "upstream_credential_rejected");
        Assert.DoesNotContain("the-credential", answer + await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("10", "0"), (answer.Header("X-Quota-Remaining"), answer.Header("X-Quota-Charged")));
        await key.UsedBecomesAsync(0);
        var row = await key.OnlyLogRowAsync();
        Assert.Equal(("failed", 401, 0), (row.GetProperty("outcome").GetString(), row.GetProperty("status").GetInt32(), row.GetProperty("cost").GetInt32()));

        // On the instance that had nothing to do with it
        await Eventually.TrueAsync(async () => await anyone.GetStringAsync("/api/credentials/status") == """{"claude":false,"openai":true}""");
        var health = await anyone.GetFromJsonAsync<JsonElement>("/health");
        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Equal(["claude", "openai"], health.GetProperty("providers").EnumerateArray().Select(provider => provider.GetString()));
        Assert.Equal("""{"claude":false,"openai":true}""", health.GetProperty("credentials").GetRawText());
        var metrics = new PrometheusText(await anyone.GetStringAsync("/metrics"));
        Assert.Equal((0, 1), (metrics.Value("quota_provider_credential_ok", ("provider", "claude")), metrics.Value("quota_provider_credential_ok", ("provider", "openai"))));
        Assert.Equal((1, "ok       openai\n"), await CheckAsync(other.BaseAddress));

        var good = fixture.Scripted.OnText("text/plain", "good");
        using var again = await key.PostAsync($"/providers/claude/{good}", "{}");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        await Eventually.TrueAsync(async () => await anyone.GetStringAsync("/api/credentials/status") == """{"claude":true,"openai":true}""");
        Assert.Equal((0, "ok       openai\n"), await CheckAsync(other.BaseAddress));
    }

    /// <summary>The script's exit code, and what it says of openai.</summary>
    private static async Task<(int Code, string Line)> CheckAsync(Uri address)
    {
        await using var process = ChildProcess.Start(
            Repository.PathOf("scripts", "check-credentials.sh"), ["--url", address.GetLeftPart(UriPartial.Authority)], Repository.Root);
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(1));
        return (code, string.Join("", process.Log.Split('\n').Where(line => line.EndsWith("openai", StringComparison.Ordinal)).Select(line => line + "\n")));
    }
}
