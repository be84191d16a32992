using System.Globalization;
using System.Net;
using System.Text.Json;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Who used what: every way to ask for it says the same.</summary>
[Collection(AppFixture.Name)]
public sealed class UsageTests(AppFixture app)
{
    private static readonly string[] Models = ["sample-small", "sample-large", "sample-status-503", "sample-status-404", "sample-status-200"];

    private readonly string _tenant = $"tenant-{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task Log_counts_answers_CSV_and_verify_agree_on_a_random_history()
    {
        var random = new Random();
        var keys = new List<(string Id, string Secret)>();
        for (var i = 0; i < 3; i++)
        {
            keys.Add(await CreateAsync());
        }

        for (var i = 0; i < 60; i++)
        {
            await ActAsync(keys[random.Next(keys.Count)], random);
        }

        var logged = new List<JsonElement>();
        foreach (var (id, secret) in keys)
        {
            var books = await SettledAsync(id);
            var rows = await LogAsync(id);
            var sum = rows.Where(IsRequest).Sum(Cost);
            Assert.Equal(books.Number("audited"), rows.Sum(Cost));
            await CheckAsync(rows, await CountedAsync($"/admin/usage?key={id}", rows.Count(IsRequest)));
            using var holder = app.ClientWithKey(secret);
            await CheckAsync(rows, await holder.GetJsonAsync("/quota/usage"));
            logged.AddRange(rows.Where(IsRequest));

            var byModel = await holder.GetJsonAsync("/quota/usage?group_by=model");
            Assert.Equal(sum, byModel.Json.GetProperty("usage").EnumerateArray().Sum(Cost));
        }

        // Copies follow within half a minute; asked for, at once.
        var usage = await CopiedAsync($"/admin/usage?tenant={_tenant}", logged.Count);
        Assert.Equal(keys.Select(key => key.Id).Order(StringComparer.Ordinal), usage.Json.GetProperty("usage").EnumerateArray().Select(item => item.GetProperty("key").GetString()));
        await CheckAsync(logged, usage);
        var today = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var query in new[] { "", "&granularity=hour", "&granularity=day&group_by=tenant", "&group_by=provider", "&group_by=model&granularity=day" })
        {
            foreach (var zone in new[] { "UTC", "Asia/Kathmandu", "America/New_York" })
            {
                await CheckAsync(logged, await app.Admin.GetJsonAsync($"/admin/usage?tenant={_tenant}&from={today}&time_zone={zone}{query}"));
            }
        }

        var csv = await app.Admin.GetStringAsync($"/admin/usage?tenant={_tenant}&format=csv");
        var lines = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(',')).ToList();
        var column = Array.IndexOf(lines[0], "cost");
        Assert.Equal(logged.Sum(Cost), lines.Skip(1).Sum(line => long.Parse(line[column], CultureInfo.InvariantCulture)));

        // The metrics add days up, usage in all adds keys up; what they read of storage may be some seconds old.
        await Eventually.TrueAsync(
            async () =>
            {
                var all = (await app.Admin.GetJsonAsync("/admin/usage")).Json.GetProperty("total");
                var metrics = await app.Admin.GetStringAsync("/metrics");
                return Metric(metrics, "quota_total_requests") == all.GetProperty("requests").GetInt64()
                    && Metric(metrics, "quota_requests_total") - Metric(metrics, "quota_requests_withdrawn_total") == all.GetProperty("requests").GetInt64()
                    && Metric(metrics, "quota_units_total{unit=\"requests\"}") - Metric(metrics, "quota_units_withdrawn_total{unit=\"requests\"}")
                        == all.GetProperty("costs").GetProperty("requests").GetInt64()
                    && Metric(metrics, "quota_tokens_total") == all.GetProperty("tokens_in").GetInt64() + all.GetProperty("tokens_out").GetInt64();
            },
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task The_books_of_all_keys_are_added_up_line_by_line()
    {
        var (id, secret) = await CreateAsync();
        using var holder = app.ClientWithKey(secret);
        await holder.PostJsonAsync("/quota/consume", """{"cost":7}""");

        var text = await app.Admin.GetStringAsync("/admin/verify");

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        var key = lines.Single(line => line.TryGetProperty("key", out var name) && name.GetString() == id);
        Assert.Equal((true, 7), (key.GetProperty("balanced").GetBoolean(), key.GetProperty("used").GetInt64()));
        Assert.False(lines[^1].TryGetProperty("key", out _));
        Assert.Equal("requests", lines[^1].GetProperty("unit").GetString());
        Assert.Equal(
            lines.SkipLast(1).Where(line => line.GetProperty("unit").GetString() == "requests").Sum(line => line.GetProperty("used").GetInt64()),
            lines[^1].GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task A_name_that_a_spreadsheet_would_take_for_a_formula_is_made_harmless()
    {
        await CreateAsync("=HYPERLINK(1)");
        var csv = await app.Admin.GetStringAsync($"/admin/usage?tenant={_tenant}&format=csv");
        Assert.Contains("'=HYPERLINK(1)", csv, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("granularity=day", "from")]
    [InlineData("to=2026-01-01", "from")]
    [InlineData("from=2026-01-02&to=2026-01-01", "to")]
    [InlineData("from=2020-01-02&to=2026-01-01", "from")]
    [InlineData("from=2020-01-02", "from")]
    [InlineData("time_zone=Mars", "time_zone")]
    [InlineData("group_by=colour", "group_by")]
    [InlineData("limit=0", "limit")]
    public async Task Usage_is_asked_for_strictly(string query, string field)
    {
        var answer = await app.Admin.GetJsonAsync($"/admin/usage?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.True(answer.Json.GetProperty("errors").TryGetProperty(field, out _), answer.Json.GetRawText());
    }

    /// <summary>The sum of a family's series.</summary>
    private static double Metric(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private static bool IsRequest(JsonElement row) => row.GetProperty("actor").ValueKind == JsonValueKind.Null;

    private static long Cost(JsonElement row) => row.GetProperty("cost").GetInt64();

    /// <summary>Usage says what the rows of the log come to.</summary>
    private static Task CheckAsync(IReadOnlyCollection<JsonElement> rows, Answer usage)
    {
        var requests = rows.Where(IsRequest).ToList();
        var items = usage.Json.GetProperty("usage").EnumerateArray().ToList();
        var total = usage.Json.GetProperty("total");
        foreach (var (name, right) in new[]
        {
            ("requests", requests.Count),
            ("success", requests.Count(row => row.GetProperty("outcome").GetString() is "succeeded" or "consumed")),
            ("cost", requests.Sum(Cost)),
            ("tokens_in", requests.Sum(row => row.GetProperty("tokens_in") is { ValueKind: JsonValueKind.Number } tokens ? tokens.GetInt64() : 0)),
        })
        {
            Assert.Equal((name, right), (name, total.GetProperty(name).GetInt64()));
            Assert.Equal((name, right), (name, items.Sum(item => item.GetProperty(name).GetInt64())));
        }

        return Task.CompletedTask;
    }

    private async Task<(string Id, string Secret)> CreateAsync(string name = "usage")
    {
        var created = await app.Admin.PostJsonAsync("/admin/keys", JsonSerializer.Serialize(new { name, quota = 100_000, tenant = _tenant }));
        return (created.Text("id")!, created.Text("key")!);
    }

    private async Task ActAsync((string Id, string Secret) key, Random random)
    {
        using var holder = app.ClientWithKey(key.Secret);
        switch (random.Next(6))
        {
            case 0:
                var charged = await holder.PostJsonAsync("/quota/consume", $$"""{"cost":{{random.Next(1, 9)}}}""");
                if (random.Next(2) == 0)
                {
                    var success = random.Next(2) == 0 ? "true" : "false";
                    await holder.PostJsonAsync($"/quota/charges/{charged.Text("charge_id")}/settle", $$"""{"success":{{success}},"cost":{{random.Next(4)}}}""");
                }

                break;
            case 1:
                await app.Admin.PostJsonAsync($"/admin/keys/{key.Id}/topup", """{"amount":5}""");
                break;
            case 2 when random.Next(5) == 0:
                await app.Admin.PostJsonAsync($"/admin/keys/{key.Id}/reset", "{}");
                break;
            default:
                await holder.PostJsonAsync("/v1/chat/completions", $$"""{"model":"{{Models[random.Next(Models.Length)]}}","messages":[{"role":"user","content":"hi"}]}""");
                break;
        }
    }

    private async Task<Answer> SettledAsync(string id)
    {
        var books = await Eventually.GetAsync(
            async () => await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify") is var answer && answer.Number("unsettled") == 0 ? answer : null,
            TimeSpan.FromSeconds(60));
        var deep = await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify?deep=true");
        Assert.True(books.Json.GetProperty("balanced").GetBoolean() && deep.Json.GetProperty("balanced").GetBoolean(), deep.Json.GetRawText());
        return deep;
    }

    private async Task<List<JsonElement>> LogAsync(string id)
    {
        var answer = await app.Admin.GetJsonAsync($"/admin/keys/{id}/logs?page_size=1000");
        return [.. answer.Json.GetProperty("logs").EnumerateArray()];
    }

    /// <summary>What is counted where it is read, once it has all the requests: they are counted after they are in the log.</summary>
    private Task<Answer> CountedAsync(string path, long requests) => Eventually.GetAsync(
        async () => await app.Admin.GetJsonAsync(path) is var answer && answer.Json.GetProperty("total").GetProperty("requests").GetInt64() == requests ? answer : null,
        TimeSpan.FromSeconds(90));

    /// <summary>The copies, once they have all the requests. They are asked for once: a sweep asks for the next one as long as there is work.</summary>
    private async Task<Answer> CopiedAsync(string path, long requests)
    {
        await new QueueClient(app.Azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 })
            .SendMessageAsync("sweep");
        return await CountedAsync(path, requests);
    }
}
