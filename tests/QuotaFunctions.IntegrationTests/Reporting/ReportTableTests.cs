using System.Security.Cryptography;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Reporting;

/// <summary>Reports on real tables: asked for twice, made twice at once, over many months, larger than a row.</summary>
public sealed class ReportTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 30, TimeSpan.Zero);
    private static readonly ReportRequest Request = new() { Period = ReportPeriodKind.Month, Tenant = "acme" };

    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public async Task A_report_is_asked_for_made_and_read_once()
    {
        var store = await StartAsync();
        var id = NewestFirstId.New(Now);
        await store.RequestAsync(id, Request, default);
        await store.RequestAsync(id, Request, default);
        Assert.Equal(new StoredReport(id, ReportStatus.Queued, Request, Now, null, null), await store.FindAsync(id, default));
        Assert.Null(await store.ReadAsync(id, default));

        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => store.SaveAsync(id, Request, Report($"from {number}", keys: 10), default)));

        Assert.Equal(1, made.Count(isSaved => isSaved));
        Assert.Equal(ReportStatus.Ready, (await store.FindAsync(id, default))!.Status);
        var read = await store.ReadAsync(id, default);
        Assert.Equal(JsonSerializer.Serialize(Report($"from {Array.IndexOf(made, true)}", 10), ReportJson.Default.QuotaReport), JsonSerializer.Serialize(read, ReportJson.Default.QuotaReport));

        // What is ready stays, whatever comes late
        await store.FailAsync(id, Request, "late", default);
        await store.RequestAsync(id, Request, default);
        Assert.Equal(ReportStatus.Ready, (await store.FindAsync(id, default))!.Status);
    }

    [Fact]
    public async Task One_that_failed_says_why_and_may_still_be_made()
    {
        var store = await StartAsync();
        var id = NewestFirstId.New(Now);
        await store.FailAsync(id, Request, "no luck", default);
        Assert.Equal(new StoredReport(id, ReportStatus.Failed, Request, Now, Now, "no luck"), await store.FindAsync(id, default));
        Assert.True(await store.SaveAsync(id, Request, Report("it", 0), default));
        Assert.Equal((ReportStatus.Ready, null), ((await store.FindAsync(id, default))!.Status, (await store.FindAsync(id, default))!.Reason));
    }

    [Fact]
    public async Task One_that_is_larger_than_a_row_is_kept_in_parts()
    {
        var store = await StartAsync();
        var id = NewestFirstId.New(Now);
        var report = Report("large", keys: 10_000, isRandom: true);
        Assert.True(await store.SaveAsync(id, Request, report, default));
        Assert.Equal(report.Keys.Select(key => key.Name), (await store.ReadAsync(id, default))!.Keys.Select(key => key.Name));
    }

    [Fact]
    public async Task Reports_are_listed_the_newest_first_over_months_and_pages()
    {
        var store = await StartAsync();
        var expected = new List<string>();
        foreach (var (month, number) in new[] { 0, 0, 1, 1, 5, 14 }.Select((month, number) => (month, number)))
        {
            var at = Now.AddMonths(-month).AddSeconds(-number);
            expected.Add(NewestFirstId.New(at));
            await store.SaveAsync(expected[^1], Request with { Tenant = number % 2 == 0 ? "acme" : null }, Report("it", 1), default);
        }

        foreach (var limit in (int[])[1, 2, 5, 1000])
        {
            Assert.Equal(expected, await ListAsync(store, new ReportQuery { Limit = limit }));
            Assert.Equal(expected.Where((_, number) => number % 2 == 0), await ListAsync(store, new ReportQuery { Limit = limit, Tenant = "acme" }));
        }

        Assert.Empty(await ListAsync(store, new ReportQuery { Status = ReportStatus.Failed }));
    }

    private static async Task<List<string>> ListAsync(ReportTable store, ReportQuery query)
    {
        var ids = new List<string>();
        ReportPage page;
        do
        {
            page = await store.ListAsync(query, default);
            ids.AddRange(page.Reports.Select(report => report.Id));
            query = query with { Cursor = page.Next };
        }
        while (page.Next is not null);
        return ids;
    }

    private async Task<ReportTable> StartAsync()
    {
        var tables = new TableServiceClient(azurite.ConnectionString);
        var names = new StorageNames(Options.Create(new StorageOptions { TablePrefix = AzuriteFixture.UniqueName()[..16] }));
        await tables.GetTableClient(names.Reports).CreateAsync();
        var queues = new QueueServiceClient(azurite.ConnectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queues.GetQueueClient(StorageNames.ReportRequestsQueue).CreateIfNotExistsAsync();
        return new ReportTable(tables, queues, names, _time, NullLogger<ReportTable>.Instance);
    }

    private static QuotaReport Report(string name, int keys, bool isRandom = false)
    {
        var period = new ReportPeriod(ReportPeriodKind.Month, new DateOnly(2026, 2, 1), new DateOnly(2026, 2, 28), Now.AddDays(-28), Now);
        return new QuotaReport
        {
            GeneratedAt = Now,
            Service = name,
            TimeZone = "UTC",
            Period = period,
            PeriodBefore = period,
            Total = new ReportCounts(),
            TotalBefore = new ReportCounts(),
            Units = [],
            ActiveKeys = keys,
            KeyCount = keys,
            Keys = [.. Enumerable.Range(0, keys).Select(key => new ReportKey { Key = $"key_{key}", Name = isRandom ? RandomNumberGenerator.GetHexString(200) : name })],
            Models = [],
            Series = [],
            NearestToEnd = [],
            FailureRateThreshold = 10,
            LowQuotaThreshold = 10,
            Anomalies = [],
        };
    }
}
