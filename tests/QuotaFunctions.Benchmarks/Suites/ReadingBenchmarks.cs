using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What reading costs: metrics that are scraped while charges run, and the log and usage of a key with a long history.</summary>
internal static class ReadingBenchmarks
{
    private const int Rounds = 5;
    private const int ManyClients = 64;
    private const int FillingClients = 512;
    private const int LongHistory = 1_000_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FillingStep = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(1);

    /// <summary>Charges with and without a scrape of <c>/metrics</c> each second, in turns, as the machine is not the same from minute to minute.</summary>
    public static async Task ScrapeAsync(TimeSpan duration)
    {
        await using var service = await QuotaService.StartAsync();
        var hot = await service.NewKeysAsync(1);
        using var client = NewClient(service.Address);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume(hot[0])], ManyClients);
        await load.RunAsync(WarmUp);

        var ratios = new List<double>();
        var scrapes = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var alone = 0.0;
            var scraped = 0.0;
            foreach (var isScraped in (bool[])[round % 2 == 0, round % 2 != 0])
            {
                if (isScraped)
                {
                    scraped = await ScrapedAsync(client, load, duration, scrapes);
                }
                else
                {
                    alone = (await load.RunAsync(duration)).PerSecond;
                }
            }

            ratios.Add(scraped / alone);
        }

        LoadTable.Note(
            "POST /quota/consume while /metrics is scraped each second, to the same without",
            string.Create(CultureInfo.InvariantCulture, $"{Statistics.Describe(ratios, "pairs")}; a scrape {Statistics.Median(scrapes):N0} ms"));
    }

    /// <summary>One key with a million charges in its log: pages, filters, usage and verification.</summary>
    public static async Task HistoryAsync()
    {
        await using var service = await QuotaService.StartAsync();
        var secrets = await service.NewKeysAsync(1);
        using var client = NewClient(service.Address);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume(secrets[0])], FillingClients);
        var count = 0;
        while (count < LongHistory)
        {
            count += (await load.RunAsync(FillingStep)).Succeeded;
        }

        var keys = await JsonAsync(client, "/manage/keys");
        var id = keys.GetProperty("keys")[0].GetProperty("id").GetString()!;
        // Counted is what has left the ledger; to add the books up all the time would only hold that back
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            async () => (await JsonAsync(client, $"/manage/usage?key={id}")).GetProperty("total").GetProperty("requests").GetInt64() >= count,
            TimeSpan.FromMinutes(5),
            "all is in the log and counted");
        var behind = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        LoadTable.Note("one key's history", string.Create(CultureInfo.InvariantCulture, $"{count:N0} charges in the log, {behind:N0} s after the last one"));

        var hour = TimeProvider.System.GetUtcNow().AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach (var path in (string[])
        [
            $"/manage/keys/{id}/logs",
            $"/manage/keys/{id}/logs?page_size=1000",
            $"/manage/keys/{id}/logs?outcome=failed",
            $"/manage/keys/{id}/logs?model=gpt-4o&from={hour}",
            "/manage/logs",
            $"/manage/usage?key={id}",
            $"/manage/usage?key={id}&from={hour}&granularity=hour&group_by=model",
            "/manage/usage?group_by=provider",
            $"/manage/keys/{id}/verify",
        ])
        {
            await TimeAsync(client, path, path.Replace(id, "ID", StringComparison.Ordinal));
        }

        // Every row is read
        var deep = await GetAsync(client, $"/manage/keys/{id}/verify?deep=true");
        LoadTable.Note("GET /manage/keys/ID/verify?deep=true", string.Create(CultureInfo.InvariantCulture, $"{deep:N0} ms"));
    }

    private static async Task<double> ScrapedAsync(HttpClient client, HttpLoad load, TimeSpan duration, List<double> scrapes)
    {
        using var end = new CancellationTokenSource();
        var scraping = ScrapeUntilAsync(client, scrapes, end.Token);
        var perSecond = (await load.RunAsync(duration)).PerSecond;
        await end.CancelAsync();
        await scraping;
        return perSecond;
    }

    private static async Task ScrapeUntilAsync(HttpClient client, List<double> scrapes, CancellationToken end)
    {
        using var timer = new PeriodicTimer(ScrapeInterval, TimeProvider.System);
        while (!end.IsCancellationRequested)
        {
            scrapes.Add(await GetAsync(client, "/metrics"));
            try
            {
                await timer.WaitForNextTickAsync(end);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task TimeAsync(HttpClient client, string path, string shown)
    {
        var first = await GetAsync(client, path);
        var later = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            later.Add(await GetAsync(client, path));
        }

        LoadTable.Note($"GET {shown}", string.Create(CultureInfo.InvariantCulture, $"{Statistics.Median(later):N0} ms, the first time {first:N0} ms"));
    }

    /// <summary>How long an answer takes, in milliseconds.</summary>
    private static async Task<double> GetAsync(HttpClient client, string path)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var response = await client.GetAsync(path);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync();
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        using var document = JsonDocument.Parse(await client.GetByteArrayAsync(path));
        return document.RootElement.Clone();
    }

    private static HttpClient NewClient(Uri address)
    {
        var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        return client;
    }
}
