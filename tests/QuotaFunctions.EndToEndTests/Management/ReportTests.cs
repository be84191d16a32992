using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Usage reports: every form of one says the same, and the same as usage does.</summary>
[Collection(AppFixture.Name)]
public sealed partial class ReportTests(AppFixture app)
{
    private readonly string _tenant = $"tenant-{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task All_forms_of_a_report_and_usage_say_the_same()
    {
        await CreateAsync("never used", quota: 50);
        var busy = await CreateAsync("<b>=busy</b>", quota: 30);
        var spent = await CreateAsync("总剩余配额: 7", quota: 2);
        using (var holder = app.ClientWithKey(busy.Secret))
        {
            foreach (var model in (string[])["sample-small", "sample-small", "sample-large", "sample-status-503"])
            {
                await holder.PostJsonAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""");
            }
        }

        using (var holder = app.ClientWithKey(spent.Secret))
        {
            await holder.PostJsonAsync("/quota/consume", """{"cost":2}""");
        }

        // A day earlier, should midnight pass meanwhile
        var from = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var usage = (await CopiedAsync($"/admin/usage?tenant={_tenant}&from={from}", requests: 5)).Json;
        var total = usage.GetProperty("total");
        var left = usage.GetProperty("usage").EnumerateArray().Sum(item => item.GetProperty("remaining").GetInt64());

        var asked = await app.Admin.PostJsonAsync("/admin/reports", JsonSerializer.Serialize(new { from, tenant = _tenant, language = "zh" }));
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (asked.Status, asked.Text("status")));
        var kept = asked.Response.Headers.Location!.ToString();
        Assert.Equal($"/admin/reports/{asked.Text("id")}", kept);
        await Eventually.TrueAsync(
            async () => await app.Admin.GetJsonAsync(kept) is { Status: HttpStatusCode.OK } answer && answer.Json.TryGetProperty("total", out _), TimeSpan.FromSeconds(60));

        foreach (var (path, isChinese) in new[] { ($"{kept}?", true), ($"/manage/reports/current?from={from}&tenant={_tenant}&", false) })
        {
            var report = (await app.Admin.GetJsonAsync(path)).Json;
            foreach (var name in (string[])["requests", "success", "failed", "refunded", "unknown", "tokens_in", "tokens_out"])
            {
                Assert.Equal((name, total.GetProperty(name).GetInt64()), (name, report.GetProperty("total").GetProperty(name).GetInt64()));
                Assert.Equal((name, total.GetProperty(name).GetInt64()), (name, report.GetProperty("keys").EnumerateArray().Sum(key => key.GetProperty(name).GetInt64())));
            }

            Assert.Equal(5, report.GetProperty("series").EnumerateArray().Sum(point => point.GetProperty("success").GetInt64() + point.GetProperty("failed").GetInt64()));
            Assert.Equal(left, report.GetProperty("units")[0].GetProperty("remaining").GetInt64());
            Assert.Equal(spent.Id, report.GetProperty("nearest_to_end")[0].GetProperty("key").GetString());

            var text = await app.Admin.GetStringAsync($"{path}format=text");
            string[] labels = isChinese ? ["总请求数", "成功请求", "失败请求", "总剩余配额", "活跃 key 数量"] : ["Total requests", "\nSucceeded", "\nFailed", "Total remaining", "Active keys"];
            Assert.Equal([5, total.GetProperty("success").GetInt64(), total.GetProperty("failed").GetInt64(), left, 3], labels.Select(label => NumberAfter(text, label)));

            var html = await app.Admin.GetAsync(new Uri($"{path}format=html", UriKind.Relative));
            var page = await html.Content.ReadAsStringAsync();
            Assert.Equal("text/html", html.Content.Headers.ContentType!.MediaType);
            Assert.Contains("default-src 'none'", html.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Contains($"{(isChinese ? "总请求" : "Requests")}</div><div class=\"i1\" style=\"color:#16191D;font-size:24px;line-height:32px;font-weight:600;\">5</div>", page, StringComparison.Ordinal);
            Assert.Contains("&lt;b&gt;=busy&lt;/b&gt;", page, StringComparison.Ordinal);

            var csv = (await app.Admin.GetStringAsync($"{path}format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).ToList();
            Assert.Equal(5, csv.Skip(1).Sum(row => long.Parse(row[Array.IndexOf(csv[0], "requests")], CultureInfo.InvariantCulture)));
            Assert.Equal(left, csv.Skip(1).Sum(row => long.Parse(row[Array.IndexOf(csv[0], "remaining")], CultureInfo.InvariantCulture)));
        }

        var brief = (await app.Admin.GetJsonAsync($"/manage/reports/current?from={from}&tenant={_tenant}&omit_keys=true")).Json;
        Assert.Empty(brief.GetProperty("keys").EnumerateArray());
        Assert.Equal((3, spent.Id), (brief.GetProperty("key_count").GetInt32(), brief.GetProperty("nearest_to_end")[0].GetProperty("key").GetString()));

        var list = (await app.Admin.GetJsonAsync($"/admin/reports?tenant={_tenant}&status=ready")).Json.GetProperty("reports");
        Assert.Equal(asked.Text("id"), list.EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Contains("Total requests: 5\n", await app.Admin.GetStringAsync($"{kept}?format=text&language=en"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/reports/1", "not_found")]
    [InlineData("/admin/reports/2516000000000000000-0198c0de00007000800000000000cafe", "not_found")]
    [InlineData("/admin/reports/9999999999999999999-0198c0de00007000800000000000cafe", "not_found")]
    [InlineData("/admin/reports/current?key=key_00000000000000000000", "not_found")]
    [InlineData("/admin/reports/current?format=pdf", "invalid_request")]
    [InlineData("/admin/reports/current?from=tomorrow", "invalid_request")]
    [InlineData("/admin/reports/current?omit_keys=yes", "invalid_request")]
    [InlineData("/admin/reports/current?omit_keys=true&format=csv", "invalid_request")]
    [InlineData("/admin/reports/2516000000000000000-0198c0de00007000800000000000cafe?omit_keys=true", "invalid_request")]
    [InlineData("/admin/reports?cursor=1", "invalid_request")]
    [InlineData("/admin/reports?cursor=9999999999999999999-0198c0de00007000800000000000cafe", "invalid_request")]
    public async Task What_is_not_there_or_not_right_is_told(string path, string code) => Assert.Equal(code, (await app.Admin.GetJsonAsync(path)).Code);

    [Theory]
    [InlineData("""{"period":"year"}""", "period")]
    [InlineData("""{"period":1}""", "period")]
    [InlineData("""{"from":"2026-13-01"}""", "from")]
    [InlineData("""{"language":"de"}""", "language")]
    [InlineData("""{"tenant":""}""", "tenant")]
    [InlineData("""{"tenant":"a\u0000b"}""", "tenant")]
    [InlineData("""{"colour":"red"}""", "colour")]
    public async Task A_report_is_asked_for_strictly(string body, string field)
    {
        var answer = await app.Admin.PostJsonAsync("/admin/reports", body);
        Assert.True(answer.Status == HttpStatusCode.BadRequest && answer.Json.GetProperty("errors").TryGetProperty(field, out _), answer.Json.GetRawText());
    }

    private static long NumberAfter(string text, string label)
    {
        var at = text.LastIndexOf($"{label}: ", StringComparison.Ordinal);
        Assert.True(at >= 0, $"{label} is not in {text}");
        return long.Parse(Number().Match(text, at).Value, CultureInfo.InvariantCulture);
    }

    private async Task<Key> CreateAsync(string name, long quota)
    {
        var created = await app.Admin.PostJsonAsync("/admin/keys", JsonSerializer.Serialize(new { name, quota, tenant = _tenant }));
        return new Key(created.Text("id")!, created.Text("key")!);
    }

    /// <summary>The copies, once they have all the requests.</summary>
    private Task<Answer> CopiedAsync(string path, long requests) => Eventually.GetAsync(
        async () =>
        {
            await new QueueClient(app.Azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 })
                .SendMessageAsync("sweep");
            var answer = await app.Admin.GetJsonAsync(path);
            return answer.Json.GetProperty("total").GetProperty("requests").GetInt64() == requests ? answer : null;
        },
        TimeSpan.FromSeconds(90));

    private sealed record Key(string Id, string Secret);

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
