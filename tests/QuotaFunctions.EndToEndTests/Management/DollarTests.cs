using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>A key that counts in US dollars: every amount that goes in or comes out is one of dollars, exact to the millionth.</summary>
[Collection(AppFixture.Name)]
public sealed class DollarTests(AppFixture app)
{
    private readonly string _tenant = $"tenant-{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_dollar_is_spent_to_the_millionth_and_every_answer_says_so()
    {
        var (id, secret) = await CreateAsync("""{"unit":"usd","quota":1.00}""");
        using var holder = app.ClientWithKey(secret);
        for (var i = 1; i <= 10; i++)
        {
            var granted = await holder.PostJsonAsync("/quota/consume", """{"cost":0.10}""");
            Assert.Equal((HttpStatusCode.OK, "0.1", Dollars(1 - (0.1m * i))), (granted.Status, Raw(granted.Json, "cost"), Raw(granted.Json, "remaining")));
            Assert.Equal(("1", Dollars(1 - (0.1m * i)), "0.1"), (Header(granted, "X-Quota-Limit"), Header(granted, "X-Quota-Remaining"), Header(granted, "X-Quota-Charged")));
        }

        var refused = await holder.PostJsonAsync("/quota/consume", """{"cost":0.000001}""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "quota_exhausted"), (refused.Status, refused.Code));
        var toppedUp = await app.Admin.PostJsonAsync($"/admin/keys/{id}/topup", """{"amount":0.000001}""");
        Assert.Equal(("1.000001", "0.000001"), (Raw(toppedUp.Json, "quota"), Raw(toppedUp.Json, "remaining")));
        Assert.Equal(HttpStatusCode.OK, (await holder.PostJsonAsync("/quota/consume", """{"cost":0.000001}""")).Status);

        var books = await SettledAsync(id);
        Assert.Equal(("usd", "1.000001", "1.000001", "1.000001"), (books.Text("unit"), Raw(books.Json, "used"), Raw(books.Json, "ledger"), Raw(books.Json, "audited")));

        var reset = await app.Admin.PostJsonAsync($"/admin/keys/{id}/reset", """{"quota":2.5}""");
        Assert.Equal(("2.5", "0"), (Raw(reset.Json, "quota"), Raw(reset.Json, "used")));
        var charged = await holder.PostJsonAsync("/quota/consume", """{"cost":0.5}""");
        var settled = await holder.PostJsonAsync($"/quota/charges/{charged.Text("charge_id")}/settle", """{"success":true,"cost":0.123456}""");
        Assert.Equal(("0.123456", "2.376544"), (Raw(settled.Json, "cost"), Raw(settled.Json, "remaining")));

        foreach (var quota in new[] { (await holder.GetJsonAsync("/quota")).Json, (await app.Admin.GetJsonAsync($"/flow/tokens/{id}/quota")).Json.GetProperty("data") })
        {
            Assert.Equal(("usd", "2.5", "2.376544", "0.123456"),
                (quota.GetProperty("unit").GetString(), Raw(quota, "total_quota"), Raw(quota, "remaining_quota"), Raw(quota, "consumed_quota")));
        }

        var audit = (await app.Admin.GetJsonAsync($"/manage/audit?target={id}")).Json.GetProperty("actions")[0];
        Assert.Equal(("1.000001", "2.5"), (Raw(audit.GetProperty("before"), "quota"), Raw(audit.GetProperty("after"), "quota")));
    }

    [Fact]
    public async Task Logs_usage_and_reports_are_in_dollars_and_add_nothing_else_to_them()
    {
        var (id, secret) = await CreateAsync("""{"unit":"usd","quota":10}""");
        var (_, other) = await CreateAsync("""{"quota":10}""");
        using (var holder = app.ClientWithKey(secret))
        {
            await holder.PostJsonAsync("/quota/consume", """{"cost":1.25}""");
            await holder.PostJsonAsync("/quota/consume", """{"cost":0.000001}""");
        }

        using (var holder = app.ClientWithKey(other))
        {
            await holder.PostJsonAsync("/quota/consume", """{"cost":3}""");
        }

        await SettledAsync(id);
        foreach (var path in new[] { $"/admin/keys/{id}/logs", $"/admin/logs?tenant={_tenant}" })
        {
            var rows = await Eventually.GetAsync(async () =>
                (await app.Admin.GetJsonAsync(path)).Json.GetProperty("logs").EnumerateArray().Where(row => row.GetProperty("key").GetString() == id).ToList() is { Count: 2 } found ? found : null);
            Assert.Equal(["usd 0.000001", "usd 1.25"], rows.Select(row => $"{row.GetProperty("unit").GetString()} {Raw(row, "cost")}"));
        }

        var csv = (await app.Admin.GetStringAsync($"/admin/logs?tenant={_tenant}&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(csv, line => line.Contains(id, StringComparison.Ordinal) && line.Contains(",consumed,1.25,usd,", StringComparison.Ordinal));
        Assert.Contains(csv, line => line.Contains(",consumed,3,requests,", StringComparison.Ordinal));

        var usage = await CopiedAsync($"/admin/usage?tenant={_tenant}", requests: 3);
        var total = usage.GetProperty("total");
        Assert.Equal(("requests", "3", """{"requests":3,"usd":1.250001}"""), (total.GetProperty("unit").GetString(), Raw(total, "cost"), Raw(total, "costs")));
        var key = usage.GetProperty("usage").EnumerateArray().Single(item => item.GetProperty("key").GetString() == id);
        Assert.Equal(("usd", "1.250001", "8.749999"), (key.GetProperty("unit").GetString(), Raw(key, "cost"), Raw(key, "remaining")));
        var table = (await app.Admin.GetStringAsync($"/admin/usage?tenant={_tenant}&group_by=tenant&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith(",unit,cost_requests,cost_tokens,cost_usd", table[0], StringComparison.Ordinal);
        Assert.EndsWith(",requests,3,0,1.250001", table[1], StringComparison.Ordinal);

        var from = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var report = $"/manage/reports/current?from={from}&tenant={_tenant}";
        var units = (await app.Admin.GetJsonAsync(report)).Json.GetProperty("units").EnumerateArray().ToList();
        Assert.Equal(["requests 3 7", "usd 1.250001 8.749999"], units.Select(unit => $"{unit.GetProperty("unit").GetString()} {Raw(unit, "used")} {Raw(unit, "remaining")}"));
        Assert.Contains("$1.250001 used", await app.Admin.GetStringAsync($"{report}&format=text"), StringComparison.Ordinal);
        Assert.Contains("$1.250001", await app.Admin.GetStringAsync($"{report}&format=html"), StringComparison.Ordinal);
        Assert.Contains(",1.250001,", await app.Admin.GetStringAsync($"{report}&format=csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_in_dollars_has_keys_in_dollars_only()
    {
        var pool = (await app.Admin.PostJsonAsync("/admin/pools", """{"name":"team","unit":"usd","quota":0.3}""")).Text("id")!;
        var (_, secret) = await CreateAsync($$"""{"pool":"{{pool}}","quota":0.5}""");
        using var holder = app.ClientWithKey(secret);
        Assert.Equal("0.1", Raw((await holder.PostJsonAsync("/quota/consume", """{"cost":0.2}""")).Json, "remaining"));
        Assert.Equal("quota_exhausted", (await holder.PostJsonAsync("/quota/consume", """{"cost":0.2}""")).Code);
        Assert.Equal(("usd", "0.4", "0.2"), await PoolAsync("/topup", """{"amount":0.1}"""));
        Assert.Equal(("usd", "7.5", "0"), await PoolAsync("/reset", """{"quota":7.5}"""));

        Assert.Equal(["unit"], await FaultsAsync(HttpMethod.Post, "/admin/keys", $$"""{"name":"n","quota":1,"unit":"requests","pool":"{{pool}}"}"""));
        Assert.Equal(["unit"], await FaultsAsync(HttpMethod.Patch, $"/admin/pools/{pool}", """{"unit":"tokens"}"""));

        async Task<(string? Unit, string Quota, string Used)> PoolAsync(string deed, string body)
        {
            var answer = await app.Admin.PostJsonAsync($"/admin/pools/{pool}{deed}", body);
            return (answer.Text("unit"), Raw(answer.Json, "quota"), Raw(answer.Json, "used"));
        }
    }

    [Fact]
    public async Task What_is_no_amount_of_dollars_is_refused_and_named()
    {
        var (id, secret) = await CreateAsync("""{"unit":"usd","quota":1,"refill":{"period":"monthly","amount":0.5}}""");
        using var holder = app.ClientWithKey(secret);
        foreach (var wrong in new[] { "0.0000001", "1e-3", "-0.01", "1000001", "\"1\"" })
        {
            Assert.Equal(["cost"], await FaultsAsync(HttpMethod.Post, "/quota/consume", $$"""{"cost":{{wrong}}}""", holder));
            Assert.Equal(["amount"], await FaultsAsync(HttpMethod.Post, $"/admin/keys/{id}/topup", $$"""{"amount":{{wrong}}}"""));
            Assert.Equal(["quota"], await FaultsAsync(HttpMethod.Post, $"/admin/keys/{id}/reset", $$"""{"quota":{{wrong}}}"""));
            Assert.Equal(["max_cost", "quota", "refill.amount"], await FaultsAsync(
                HttpMethod.Patch, $"/admin/keys/{id}", $$"""{"quota":{{wrong}},"max_cost":{{wrong}},"refill":{"amount":{{wrong}} } }"""));
        }

        Assert.Equal(["cost"], await FaultsAsync(HttpMethod.Post, "/quota/consume", "{}", holder));
        Assert.Equal(["unit"], await FaultsAsync(HttpMethod.Patch, $"/admin/keys/{id}", """{"unit":"requests"}"""));
        Assert.Equal("0", Raw((await holder.GetJsonAsync("/quota")).Json, "consumed_quota"));

        var (_, counted) = await CreateAsync("""{"quota":5}""");
        using var other = app.ClientWithKey(counted);
        Assert.Equal(["cost"], await FaultsAsync(HttpMethod.Post, "/quota/consume", """{"cost":0.5}""", other));
    }

    [Fact]
    public async Task The_same_amount_written_otherwise_is_the_same_request()
    {
        var (_, secret) = await CreateAsync("""{"unit":"usd","quota":1}""");
        using var holder = app.ClientWithKey(secret);
        holder.DefaultRequestHeaders.Add("Idempotency-Key", "once");
        var first = await holder.PostJsonAsync("/quota/consume", """{"cost":0.25}""");
        var second = await holder.PostJsonAsync("/quota/consume", """{"cost":0.250000}""");
        Assert.Equal((HttpStatusCode.OK, first.Text("charge_id"), "0.75"), (second.Status, second.Text("charge_id"), Raw(second.Json, "remaining")));
        Assert.Equal("idempotency_mismatch", (await holder.PostJsonAsync("/quota/consume", """{"cost":0.250001}""")).Code);
    }

    private static string Dollars(decimal amount) => amount.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A value as it is written.</summary>
    private static string Raw(JsonElement json, string name) => json.GetProperty(name).GetRawText();

    private static string Header(Answer answer, string name) => answer.Response.Headers.GetValues(name).Single();

    private async Task<(string Id, string Secret)> CreateAsync(string settings)
    {
        var body = JsonNode.Parse(settings)!.AsObject();
        (body["name"], body["tenant"]) = ("dollars", _tenant);
        var created = await app.Admin.PostJsonAsync("/admin/keys", body.ToJsonString());
        Assert.True(created.Status == HttpStatusCode.Created, created.Json.ToString());
        return (created.Text("id")!, created.Text("key")!);
    }

    private async Task<List<string>> FaultsAsync(HttpMethod method, string path, string body, HttpClient? client = null)
    {
        var answer = await (client ?? app.Admin).CallAsync(method, path, body);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (answer.Status, answer.Code));
        return [.. answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal)];
    }

    private Task<Answer> SettledAsync(string id) => Eventually.GetAsync(
        async () => await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify") is var books && Raw(books.Json, "unsettled") == "0" && books.Json.GetProperty("balanced").GetBoolean() ? books : null,
        TimeSpan.FromSeconds(60));

    /// <summary>The copies of usage, once they have all the requests.</summary>
    private async Task<JsonElement> CopiedAsync(string path, long requests)
    {
        await new QueueClient(app.Azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 })
            .SendMessageAsync("sweep");
        var usage = await Eventually.GetAsync(
            async () => await app.Admin.GetJsonAsync(path) is var answer && answer.Json.GetProperty("total").GetProperty("requests").GetInt64() == requests ? answer : null,
            TimeSpan.FromSeconds(90));
        return usage.Json;
    }
}
