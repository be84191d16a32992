using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks;

/// <summary>Exports of many keys with a log: the time and the memory that they take. Azurite searches a whole table at each query, so there the time grows faster than the tables.</summary>
internal static class ExportBenchmark
{
    private const int RowsPerKey = 10;
    private const int KeysPerWrite = 640;
    private const int Degree = 16;

    private static readonly int[] Sizes = [5_000, 10_000, 20_000];

    /// <summary>Exports, one after the other, of more and more keys.</summary>
    public static async Task RunAsync()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        var keys = 0;
        foreach (var size in Sizes)
        {
            await FillAsync(engine, size - keys);
            keys = size;
            await using var app = await ThroughputBenchmarks.StartAppAsync(azurite);
            await MeasureAsync(app, keys);
        }
    }

    private static async Task MeasureAsync(AppProcess app, int keys)
    {
        using var client = new HttpClient { BaseAddress = app.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        await client.GetByteArrayAsync("/manage/retention");
        var idle = ResidentMiB(app);
        var start = TimeProvider.System.GetTimestamp();
        var bytes = 0L;
        var export = Task.Run(async () =>
        {
            await using var answer = await client.GetStreamAsync("/manage/export");
            var buffer = new byte[1024 * 1024];
            while (await answer.ReadAsync(buffer) is > 0 and var read)
            {
                bytes += read;
            }
        });
        var peak = idle;
        while (!export.IsCompleted)
        {
            peak = Math.Max(peak, ResidentMiB(app));
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }

        await export;
        var time = TimeProvider.System.GetElapsedTime(start);
        Report.Note(
            string.Create(CultureInfo.InvariantCulture, $"an export of {keys:N0} keys and {keys * RowsPerKey:N0} rows of the log"),
            string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024 / 1024:N0} MiB in {time.TotalSeconds:N0} s; {idle} MiB resident before, {peak} MiB at the most"));
    }

    /// <summary>Makes keys, each with a log of some charges.</summary>
    private static async Task FillAsync(EngineInstance engine, int keys)
    {
        var service = engine.Services.GetRequiredService<IKeyService>();
        var log = engine.Services.GetRequiredService<IAuditStore>();
        var now = TimeProvider.System.GetUtcNow();
        foreach (var some in Enumerable.Range(0, keys).Chunk(KeysPerWrite))
        {
            var ids = new string[some.Length];
            await Parallel.ForAsync(0, some.Length, new ParallelOptions { MaxDegreeOfParallelism = Degree }, async (number, stop) =>
                ids[number] = (await service.CreateAsync(new KeySettings { Name = "many", Quota = 1000 }, "bench", null, "benchmark", stop)).Key.Id);
            await log.WriteAsync([.. ids.SelectMany(id => Enumerable.Range(1, RowsPerKey).Select(number => Event(id, number, now)))], CancellationToken.None);
        }
    }

    private static AuditEvent Event(string keyId, int number, DateTimeOffset at) => new()
    {
        AccountId = keyId,
        KeyId = keyId,
        Id = new ChargeId(LedgerRow.DayOf(at), number, 0),
        Entry = new AuditEntry { At = at, Outcome = "consumed", Cost = 1, RequestId = $"{number:x32}", Address = "192.0.2.1" },
    };

    private static long ResidentMiB(AppProcess app) => ThroughputBenchmarks.ResidentKiB(app) / 1024;
}
