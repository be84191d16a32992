using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

public sealed class KeyLogFunctionTests : KeyFunctionsWorld
{
    private readonly Mock<IAuditLog> _log = new(MockBehavior.Strict);

    [Fact]
    public async Task The_log_is_asked_for_what_the_query_says()
    {
        var cursor = new ChargeId(20260101, 42, 0).ToString();
        var row = new AuditRow { Id = cursor, KeyId = Known.Id, At = Time.GetUtcNow(), Outcome = "succeeded", Cost = 1, Status = 200, LatencyMs = 12 };
        _log.Setup(it => it.ReadAsync(
                new AuditQuery { KeyId = Known.Id, PageSize = 7, Cursor = cursor, From = Time.GetUtcNow(), To = Time.GetUtcNow().AddDays(1), Outcome = "succeeded" },
                It.IsAny<CancellationToken>()))
            .ReturnsAsync(new AuditPage([row], cursor));
        var json = (await LogsAsync($"?page_size=7&cursor={cursor}&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&outcome=succeeded")).Json;
        Assert.Equal(cursor, json.GetProperty("next").GetString());
        var shown = Assert.Single(json.GetProperty("logs").EnumerateArray());
        Assert.Equal("2026-01-01T00:00:00Z", shown.GetProperty("at").GetString());
        Assert.Equal(12, shown.GetProperty("latency_ms").GetInt32());
    }

    [Theory]
    [InlineData("?page=0", "page")]
    [InlineData("?page=10001", "page")]
    [InlineData("?page_size=0", "page_size")]
    [InlineData("?page_size=1001", "page_size")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?page=1&cursor=chg_20260101-42-0", "cursor")]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "to")]
    [InlineData("?outcome=Good%20one", "outcome")]
    [InlineData("?since=2026-01-02T00:00:00Z", "since")]
    [InlineData("?tenant=acme", "tenant")]
    [InlineData("?cursor=638000000000000000", "cursor")]
    [InlineData("?format=xml", "format")]
    [InlineData("?format=csv&page=1", "page")]
    [InlineData("?format=ndjson&page_size=100", "page_size")]
    [InlineData("?format=csv&cursor=chg_20260101-42-0", "cursor")]
    public async Task The_log_is_asked_for_strictly(string query, string field) =>
        Assert.Equal([field], (await Assert.ThrowsAsync<InvalidRequestException>(() => LogsAsync(query))).Errors.Keys);

    [Theory]
    [InlineData("csv", "text/csv; charset=utf-8")]
    [InlineData("ndjson", "application/x-ndjson")]
    public async Task All_rows_are_one_answer_read_page_by_page(string format, string type)
    {
        SetUpTwoPages(afterFirst: () => { });
        var http = TestRequests.Context();
        await (await LogsResultAsync($"?format={format}&outcome=failed&provider=openai&model=m")).ExecuteAsync(http);

        Assert.Equal(type, http.Response.ContentType);
        var lines = Text(http).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rows = format == "csv" ? lines[1..] : lines;
        Assert.Equal(["-3", "4"], rows.Select(row => format == "csv" ? row.Split(',')[4] : JsonElement.Parse(row).GetProperty("cost").GetRawText()));
        Assert.Contains(format == "csv" ? "'=1+1" : "\"=1\\u002B1\"", rows[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task CSV_has_the_names_of_JSON()
    {
        SetUpTwoPages(afterFirst: () => { });
        var (csv, ndjson) = (TestRequests.Context(), TestRequests.Context());
        await (await LogsResultAsync("?format=csv&outcome=failed&provider=openai&model=m")).ExecuteAsync(csv);
        await (await LogsResultAsync("?format=ndjson&outcome=failed&provider=openai&model=m")).ExecuteAsync(ndjson);

        var names = JsonElement.Parse(Text(ndjson).Split('\n')[0]).EnumerateObject().Select(property => property.Name).ToList();
        Assert.Equal(names, Text(csv).Split('\n')[0].Trim().Split(','));
        Assert.Equal(names.Count, Text(csv).Split('\n')[1].Split(',').Length);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_reading()
    {
        using var left = new CancellationTokenSource();
        SetUpTwoPages(afterFirst: left.Cancel);
        var http = TestRequests.Context();
        http.RequestAborted = left.Token;
        await (await LogsResultAsync("?format=ndjson&outcome=failed&provider=openai&model=m")).ExecuteAsync(http);

        Assert.DoesNotContain("chg_20260101-41-0", Text(http), StringComparison.Ordinal);
    }

    private Task<(HttpContext Http, JsonElement Json)> LogsAsync(string query) =>
        RunAsync(new GetKeyLogs(Keys.Object, _log.Object).RunAsync(TestRequests.Context(query: query).Request, Known.Id, default));

    private Task<IResult> LogsResultAsync(string query) =>
        new GetKeyLogs(Keys.Object, _log.Object).RunAsync(TestRequests.Context(query: query).Request, Known.Id, default);

    /// <summary>A log of two pages with a row each.</summary>
    private void SetUpTwoPages(Action afterFirst)
    {
        var query = new AuditQuery { KeyId = Known.Id, PageSize = AuditQuery.MaxPageSize, Outcome = "failed", Provider = "openai", Model = "m" };
        var row = new AuditRow
        {
            Id = "chg_20260101-42-0", KeyId = Known.Id, At = Time.GetUtcNow(), Outcome = "failed", Cost = -3, Reference = "=1+1", TraceId = "4bf92f3577b34da6a3ce929d0e0e4736", Instance = "i",
        };
        var first = new AuditPage([row], row.Id);
        _log.Setup(it => it.ReadAsync(query, It.IsAny<CancellationToken>())).Callback(afterFirst).ReturnsAsync(first);
        _log.Setup(it => it.ReadOnAsync(query, first, It.IsAny<CancellationToken>()))
            .Returns((AuditQuery _, AuditPage _, CancellationToken token) => RowsAsync(row, row with { Id = "chg_20260101-41-0", Cost = 4 }, token));

        static async IAsyncEnumerable<AuditRow> RowsAsync(AuditRow one, AuditRow next, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return one;
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            yield return next;
        }
    }

    private static string Text(HttpContext http) => System.Text.Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());
}
