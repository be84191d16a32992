using System.Net;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Health, as probes see it.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task The_service_starts_without_storage_and_works_as_soon_as_there_is_some()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await azurite.StopAsync();
        await using var host = await AppFixture.StartAppAsync(AppSettings.For(azurite.ConnectionString, new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}")));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", AppSettings.AdminToken);

        Assert.Equal("""{"ok":true}""", (await client.GetJsonAsync("/healthz")).Json.GetRawText());
        var start = TimeProvider.System.GetTimestamp();
        var down = await client.GetJsonAsync("/health");
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.Status);
        Assert.Equal("degraded", down.Text("status"));
        Assert.Equal("unavailable", down.Json.GetProperty("checks").GetProperty("table").GetString());
        Assert.Equal("unavailable", down.Json.GetProperty("checks").GetProperty("queue").GetString());

        foreach (var answer in new[]
        {
            await client.GetJsonAsync("/manage/keys"),
            await client.GetJsonAsync("/manage/keys/key_00000000000000000000"),
            await client.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}"""),
            await client.PostJsonAsync("/manage/keys/key_00000000000000000000/topup", """{"amount":1}"""),
            await client.GetJsonAsync("/manage/pools"),
        })
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "quota_unavailable"), (answer.Status, answer.Code));
            Assert.NotNull(answer.Response.Headers.RetryAfter);
        }

        await azurite.StartAgainAsync();
        var up = await Eventually.GetAsync(async () => await client.GetJsonAsync("/health") is { Status: HttpStatusCode.OK } answer ? answer : null);
        Assert.Equal("ok", up.Text("status"));
        Assert.Equal("quota-functions", up.Text("service"));
        Assert.Equal(["sample"], up.Json.GetProperty("providers").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("""{"table":"ok","queue":"ok"}""", up.Json.GetProperty("checks").GetRawText());
        Assert.Equal(HttpStatusCode.Created, (await client.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Status);

        var admin = await client.GetJsonAsync("/admin/health");
        Assert.Equal((HttpStatusCode.OK, "ok"), (admin.Status, admin.Text("status")));

        // Nobody listens there, and that does not take the service down
        var provider = admin.Json.GetProperty("checks").GetProperty("provider:sample");
        Assert.Equal("unavailable", provider.GetProperty("status").GetString());
        Assert.Equal("ConnectionRefused", provider.GetProperty("error").GetString());
        foreach (var check in new[] { "table", "queue" })
        {
            var it = admin.Json.GetProperty("checks").GetProperty(check);
            Assert.Equal("ok", it.GetProperty("status").GetString());
            Assert.InRange(it.GetProperty("latency_ms").GetDouble(), 0, 2000);
        }
    }

    [Fact]
    public async Task While_storage_hangs_every_management_route_answers_in_time()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var storage = await StorageFaultProxy.StartAsync(azurite);
        await using var host = await AppFixture.StartAppAsync(AppSettings.For(storage.ConnectionString));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", AppSettings.AdminToken);
        var key = (await client.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}""")).Text("id");
        var pool = (await client.PostJsonAsync("/manage/pools", """{"name":"n","quota":1}""")).Text("id");
        var log = (await client.GetJsonAsync($"/manage/keys/{key}/logs")).Status;
        Assert.Equal(HttpStatusCode.OK, log);

        storage.Decide = _ => StorageFault.Late(TimeSpan.FromSeconds(12));
        var start = TimeProvider.System.GetTimestamp();
        var answers = await Task.WhenAll(
            client.GetJsonAsync("/manage/keys"),
            client.PostJsonAsync("/manage/keys", """{"name":"n","quota":1}"""),
            client.GetJsonAsync($"/manage/keys/{key}"),
            client.PatchJsonAsync($"/manage/keys/{key}", """{"name":"m"}"""),
            client.PostJsonAsync($"/manage/keys/{key}/topup", """{"amount":1}"""),
            client.DeleteJsonAsync($"/manage/keys/{key}"),
            client.GetJsonAsync($"/manage/keys/{key}/quota"),
            client.GetJsonAsync($"/manage/keys/{key}/logs"),
            client.GetJsonAsync($"/manage/keys/{key}/verify"),
            client.GetJsonAsync("/manage/pools"),
            client.GetJsonAsync($"/manage/pools/{pool}"),
            client.DeleteJsonAsync($"/manage/pools/{pool}"));
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.ServiceUnavailable, "quota_unavailable"), (answer.Status, answer.Code)));
    }
}
