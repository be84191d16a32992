using System.Globalization;
using System.Net;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>The log by key, over all keys, and as the key's holder sees it.</summary>
[Collection(AppFixture.Name)]
public sealed class LogTests(AppFixture app)
{
    private readonly string _tenant = $"tenant-{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task Every_view_and_format_shows_the_same_rows()
    {
        var keys = new[] { await CreateAsync(), await CreateAsync() };
        for (var i = 0; i < 12; i++)
        {
            using var holder = app.ClientWithKey(keys[i % 2].Secret);
            await holder.PostJsonAsync("/v1/chat/completions", $$"""{"model":"{{(i % 3 == 0 ? "sample-status-404" : "sample-small")}}","messages":[]}""");
            await holder.PostJsonAsync("/quota/consume", """{"cost":2,"reference":"=1+1"}""");
        }

        await app.Admin.PostJsonAsync($"/admin/keys/{keys[0].Id}/topup", """{"amount":5}""");
        var byKey = new List<JsonElement>();
        foreach (var (id, secret) in keys)
        {
            var rows = await LoggedAsync(id, count: id == keys[0].Id ? 13 : 12);
            byKey.AddRange(rows);
            using var holder = app.ClientWithKey(secret);
            var own = (await holder.GetJsonAsync("/quota/logs?page_size=1000")).Json.GetProperty("logs").EnumerateArray().ToList();
            Assert.Equal(rows.Select(Id), own.Select(Id));
            Assert.All(own, row => Assert.False(row.TryGetProperty("instance", out _)));
            Assert.All(own, row => Assert.Contains(row.GetProperty("actor").GetString(), new[] { null, "admin" }));
            Assert.Equal(rows.Count(row => row.GetProperty("actor").ValueKind != JsonValueKind.Null), own.Count(row => row.GetProperty("actor").GetString() == "admin"));

            var csv = await LinesAsync(holder, "/quota/logs?format=csv", "text/csv");
            Assert.EndsWith(",tokens_out", csv[0], StringComparison.Ordinal);
            Assert.Equal(rows.Select(Id), csv.Skip(1).Select(line => line.Split(',')[0]));
        }

        // Over all keys: by cursor, and in one stream.
        var all = await AllAsync($"/admin/logs?tenant={_tenant}&page_size=7");
        Assert.Equal(byKey.Select(Id).Order(StringComparer.Ordinal), all.Select(Id).Order(StringComparer.Ordinal));
        Assert.Equal(byKey.Select(Key).ToHashSet(), all.Select(Key).ToHashSet());
        Assert.Equal(all.Select(At).OrderDescending(), all.Select(At));
        var streamed = await LinesAsync(app.Admin, $"/admin/logs?tenant={_tenant}&format=ndjson", "application/x-ndjson");
        Assert.Equal(all.Select(row => row.GetRawText()), streamed);

        var table = await LinesAsync(app.Admin, $"/admin/logs?tenant={_tenant}&format=csv", "text/csv");
        var cost = Array.IndexOf(table[0].Split(','), "cost");
        Assert.Equal(all.Sum(row => row.GetProperty("cost").GetInt64()), table.Skip(1).Sum(line => long.Parse(line.Split(',')[cost], CultureInfo.InvariantCulture)));
        Assert.Contains(table, line => line.Contains("'=1+1", StringComparison.Ordinal));
        Assert.DoesNotContain(table, line => line.Contains(",=1+1", StringComparison.Ordinal));

        foreach (var (filter, fits) in new (string, Func<JsonElement, bool>)[]
        {
            ("outcome=client_error", row => row.GetProperty("outcome").GetString() == "client_error"),
            ("model=sample-small", row => row.GetProperty("model").GetString() == "sample-small"),
            ("provider=sample&outcome=succeeded", row => row.GetProperty("provider").GetString() == "sample" && row.GetProperty("outcome").GetString() == "succeeded"),
            ("provider=nobody", _ => false),
        })
        {
            Assert.Equal(all.Where(fits).Select(Id), (await AllAsync($"/admin/logs?tenant={_tenant}&{filter}")).Select(Id));
        }

        Assert.NotEmpty(await AllAsync($"/admin/logs?tenant={_tenant}&model=sample-small"));
        var middle = all[all.Count / 2].GetProperty("at").GetString();
        Assert.Equal(all.Where(row => At(row) >= At(all[all.Count / 2])).Select(Id), (await AllAsync($"/admin/logs?tenant={_tenant}&from={middle}")).Select(Id));
    }

    [Fact]
    public async Task The_log_of_all_keys_is_not_for_holders_and_nobody_sees_anothers()
    {
        var (_, secret) = await CreateAsync();
        using var holder = app.ClientWithKey(secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await holder.GetJsonAsync("/admin/logs")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.Anyone.GetJsonAsync("/quota/logs")).Status);
        Assert.Empty((await holder.GetJsonAsync("/quota/logs?outcome=consumed")).Json.GetProperty("logs").EnumerateArray());
        Assert.Empty((await app.Admin.GetJsonAsync("/admin/logs?tenant=nobody")).Json.GetProperty("logs").EnumerateArray());
    }

    [Theory]
    [InlineData("/admin/logs?cursor=chg_20260101-42-0", "cursor")]
    [InlineData("/admin/logs?format=csv&page_size=10", "page_size")]
    [InlineData("/admin/logs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to")]
    [InlineData("/admin/logs?page=10001", "page")]
    public async Task The_log_is_asked_for_strictly(string path, string field)
    {
        var answer = await app.Admin.GetJsonAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.True(answer.Json.GetProperty("errors").TryGetProperty(field, out _), answer.Json.GetRawText());
    }

    private static string Id(JsonElement row) => row.GetProperty("id").GetString()!;

    private static string Key(JsonElement row) => row.GetProperty("key").GetString()!;

    private static DateTimeOffset At(JsonElement row) => row.GetProperty("at").GetDateTimeOffset();

    private static async Task<string[]> LinesAsync(HttpClient client, string path, string type)
    {
        using var response = await client.GetAsync(path);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r'))];
    }

    private async Task<(string Id, string Secret)> CreateAsync()
    {
        var created = await app.Admin.PostJsonAsync("/admin/keys", JsonSerializer.Serialize(new { name = "log", quota = 100_000, tenant = _tenant }));
        return (created.Text("id")!, created.Text("key")!);
    }

    /// <summary>All rows of a key, once everything is in the log.</summary>
    private async Task<List<JsonElement>> LoggedAsync(string id, int count)
    {
        await Eventually.GetAsync(
            async () => await app.Admin.GetJsonAsync($"/admin/keys/{id}/verify") is var books && books.Number("unsettled") == 0 ? books : null,
            TimeSpan.FromSeconds(60));
        return await Eventually.GetAsync(
            async () => (await app.Admin.GetJsonAsync($"/admin/keys/{id}/logs?page_size=1000")).Json.GetProperty("logs").EnumerateArray().ToList() is var rows
                && rows.Count == count ? rows : null,
            TimeSpan.FromSeconds(60));
    }

    /// <summary>All rows, by the cursor.</summary>
    private async Task<List<JsonElement>> AllAsync(string path)
    {
        var rows = new List<JsonElement>();
        string? next = null;
        do
        {
            var answer = await app.Admin.GetJsonAsync(next is null ? path : $"{path}&cursor={next}");
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            rows.AddRange(answer.Json.GetProperty("logs").EnumerateArray());
            next = answer.Json.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);
        return rows;
    }
}
