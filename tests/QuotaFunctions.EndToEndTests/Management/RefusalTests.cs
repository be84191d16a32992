using System.Globalization;
using System.Net;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Refused calls are told wherever usage is.</summary>
[Collection(AppFixture.Name)]
public sealed class RefusalTests(AppFixture app)
{
    [Fact]
    public async Task A_key_that_is_refused_three_times_is_said_to_be_everywhere()
    {
        var tenant = $"tenant-{Guid.NewGuid():N}"[..20];
        var created = await app.Admin.PostJsonAsync("/admin/keys", JsonSerializer.Serialize(new { name = "spent", quota = 1, tenant }));
        var (id, secret) = (created.Text("id")!, created.Text("key")!);
        using var holder = app.ClientWithKey(secret);
        Assert.Equal(HttpStatusCode.OK, (await holder.PostJsonAsync("/quota/consume", "{}")).Status);

        // By another instance, which has stored what it counted once it has stopped
        await using (var instance = await AppFixture.StartAppAsync(AppSettings.For(app.Azurite.ConnectionString, app.Upstream.BaseAddress)))
        {
            using var client = new HttpClient { BaseAddress = instance.BaseAddress };
            client.DefaultRequestHeaders.Add("X-API-Key", secret);
            foreach (var path in (string[])["/quota/consume", "/v1/chat/completions", "/providers/sample/v1/chat/completions"])
            {
                var body = path == "/quota/consume" ? "{}" : """{"model":"sample-small","messages":[{"role":"user","content":"hi"}]}""";
                Assert.Equal((HttpStatusCode.TooManyRequests, "quota_exhausted"), await client.PostJsonAsync(path, body) is var answer ? (answer.Status, answer.Code) : default);
            }

            // Asking costs nothing, so nothing is refused it
            Assert.Equal(HttpStatusCode.OK, (await client.GetJsonAsync("/quota")).Status);
        }

        var from = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var path in (string[])
            [$"?key={id}", $"?tenant={tenant}", $"?tenant={tenant}&from={from}&granularity=hour&time_zone=Asia/Kathmandu", $"?tenant={tenant}&from={from}&group_by=tenant"])
        {
            var usage = (await app.Admin.GetJsonAsync($"/admin/usage{path}")).Json;
            Assert.Equal((path, 3), (path, usage.GetProperty("total").GetProperty("refused").GetInt64()));
            Assert.Equal((path, 3), (path, usage.GetProperty("usage").EnumerateArray().Sum(item => item.GetProperty("refused").GetInt64())));
        }

        var byModel = (await app.Admin.GetJsonAsync($"/admin/usage?tenant={tenant}&group_by=model")).Json;
        Assert.Equal(3, byModel.GetProperty("total").GetProperty("refused").GetInt64());
        Assert.All(byModel.GetProperty("usage").EnumerateArray(), item => Assert.False(item.TryGetProperty("refused", out _)));
        Assert.Equal(3, Column(await app.Admin.GetStringAsync($"/admin/usage?tenant={tenant}&format=csv"), "refused"));
        foreach (var path in (string[])["/quota/usage", $"/quota/usage?from={from}"])
        {
            Assert.Equal(3, (await holder.GetJsonAsync(path)).Json.GetProperty("total").GetProperty("refused").GetInt64());
        }

        var report = $"/manage/reports/current?from={from}&tenant={tenant}&format=";
        var json = (await app.Admin.GetJsonAsync($"{report}json")).Json;
        Assert.Equal((3, 3), (json.GetProperty("total").GetProperty("refused").GetInt64(), json.GetProperty("keys")[0].GetProperty("refused").GetInt64()));
        Assert.Contains("\nRefused: 3 (before: 0)\n", await app.Admin.GetStringAsync($"{report}text"), StringComparison.Ordinal);
        Assert.Contains("\n被拒绝: 3 ", await app.Admin.GetStringAsync($"{report}text&language=zh"), StringComparison.Ordinal);
        Assert.Contains(
            ">Refused</div><div class=\"i1\" style=\"color:#16191D;font-size:24px;line-height:32px;font-weight:600;\">3</div>",
            await app.Admin.GetStringAsync($"{report}html"),
            StringComparison.Ordinal);
        Assert.Equal(3, Column(await app.Admin.GetStringAsync($"{report}csv"), "refused"));

        await Eventually.TrueAsync(
            async () => new PrometheusText(await app.Admin.GetStringAsync("/metrics")).Value("quota_refused_total", ("code", "quota_exhausted")) >= 3, TimeSpan.FromSeconds(20));
    }

    private static long Column(string csv, string name)
    {
        var rows = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(',')).ToList();
        return rows.Skip(1).Sum(row => long.Parse(row[Array.IndexOf(rows[0], name)], CultureInfo.InvariantCulture));
    }
}
