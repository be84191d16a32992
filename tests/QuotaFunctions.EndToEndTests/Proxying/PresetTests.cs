using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Providers of which little more than the preset is set, in an app of its own. Their base URLs lead to upstreams of the tests.</summary>
[Collection(ProxyFixture.Name)]
public sealed class PresetTests(ProxyFixture fixture)
{
    private const string Credential = "a-very-secret/credential";

    [Fact]
    public async Task A_preset_and_a_credential_are_enough()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        var settings = AppSettings.For(azurite.ConnectionString);
        foreach (var (name, preset, baseUrl) in new[]
        {
            ("openai", "openai", fixture.Sample.BaseAddress), ("claude", "anthropic", fixture.Sample.BaseAddress), ("gemini", "gemini", fixture.Sample.BaseAddress),
            ("silent", "openai", new Uri(fixture.Scripted.BaseAddress, "/silent")),
        })
        {
            settings[$"Providers__{name}__Preset"] = preset;
            settings[$"Providers__{name}__BaseUrl"] = baseUrl.ToString();
            settings[$"Providers__{name}__ApiKey"] = Credential;
        }

        settings["Providers__gemini__AuthScheme"] = "query";
        settings["Providers__gemini__AuthQuery"] = "key";
        settings["Providers__silent__IdleTimeoutSeconds"] = "1";
        await using var host = await AppFixture.StartAppAsync(settings);
        using var admin = new HttpClient { BaseAddress = host.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);

        // The model alone leads to its vendor
        using (var key = await NewKeyAsync(host.BaseAddress, admin))
        {
            using var answer = await key.PostAsync("/v1/chat/completions", """{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}""");
            Assert.Equal("gpt-4o", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("model").GetString());
            Assert.Equal("openai", (await key.OnlyLogRowAsync()).GetProperty("provider").GetString());
        }

        using (var key = await NewKeyAsync(host.BaseAddress, admin))
        {
            var claude = await EchoAsync(key, "/providers/claude/echo");
            Assert.Equal((Credential, "2023-06-01"), (claude.GetProperty("headers").GetProperty("x-api-key").GetString(), claude.GetProperty("headers").GetProperty("anthropic-version").GetString()));
        }

        // A credential in the query gets to the upstream, and nowhere else
        using (var key = await NewKeyAsync(host.BaseAddress, admin))
        {
            var gemini = await EchoAsync(key, "/providers/gemini/echo?x=1&KEY=theirs");
            Assert.Equal("/echo?x=1&key=a-very-secret%2Fcredential", gemini.GetProperty("path").GetString());
            var told = (await key.OnlyLogRowAsync()).GetRawText() + await admin.GetStringAsync("/admin/settings") + await admin.GetStringAsync("/metrics");
            Assert.DoesNotContain("a-very-secret", told, StringComparison.Ordinal);
        }

        // Silence ends an answer, and the client sees that it is not whole
        using (var key = await NewKeyAsync(host.BaseAddress, admin))
        {
            var name = fixture.Scripted.On(async context =>
            {
                await context.Response.WriteAsync("the first piece");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
            using var answer = await key.PostAsync($"/providers/silent/{name}", "{}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync());
            Assert.Equal(("truncated", 1), await key.OutcomeAsync());
        }
    }

    private static async Task<KeyHolder> NewKeyAsync(Uri baseAddress, HttpClient admin)
    {
        using var created = await admin.PostAsJsonAsync("/admin/keys", new { name = "test", quota = 10 });
        var made = await created.Content.ReadFromJsonAsync<JsonElement>();
        return new KeyHolder(baseAddress, admin, made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    private static async Task<JsonElement> EchoAsync(KeyHolder key, string path)
    {
        using var answer = await key.PostAsync(path, "{}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
