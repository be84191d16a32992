using System.Globalization;
using System.Net.Http.Headers;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Exports of many keys with a log: the time and the memory that they take. Azurite searches a whole table at each query, so there the time grows faster than the tables.</summary>
internal static class ExportBenchmark
{
    private const int RowsPerKey = 10;
    private const int KeysPerWrite = 200;
    private const int Degree = 8;

    private static readonly int[] Sizes = [5_000, 20_000, 50_000];

    /// <summary>Exports, one after the other, of more and more keys.</summary>
    public static async Task RunAsync()
    {
        await using var service = await QuotaService.StartAsync(processes: 0, inMemory: true);
        var keys = new List<KeyState>();
        foreach (var size in Sizes)
        {
            await FillAsync(service.Engine, keys, size);
            var app = await service.AddProcessAsync();
            await MeasureAsync(app, size);
            await service.EndProcessAsync(app);
        }
    }

    private static async Task MeasureAsync(AppProcess app, int keys)
    {
        using var client = new HttpClient { BaseAddress = app.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        await client.GetByteArrayAsync("/manage/retention");
        var idle = QuotaService.ResidentMiB(app.Id);
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
            peak = Math.Max(peak, QuotaService.ResidentMiB(app.Id));
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }

        await export;
        var time = TimeProvider.System.GetElapsedTime(start);
        LoadTable.Note(
            string.Create(CultureInfo.InvariantCulture, $"an export of {keys:N0} keys and {keys * RowsPerKey:N0} rows of the log"),
            string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024 / 1024:N0} MiB in {time.TotalSeconds:N0} s; {idle:N0} MiB resident before, {peak:N0} MiB at the most"));
    }

    /// <summary>Makes keys, each with a log of some charges, and an index of all keys so far.</summary>
    private static async Task FillAsync(EngineInstance engine, List<KeyState> keys, int size)
    {
        var store = engine.Services.GetRequiredService<IAccountStore>();
        var log = engine.Services.GetRequiredService<IAuditStore>();
        var index = engine.Services.GetRequiredService<TableServiceClient>().GetTableClient(engine.Services.GetRequiredService<StorageNames>().Keys);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var some in Enumerable.Range(keys.Count, size - keys.Count).Chunk(KeysPerWrite))
        {
            var made = some.Select(_ => ManyKeys.NewKey(KeySecret.New("bench"))).ToList();
            await Parallel.ForEachAsync(
                made, new ParallelOptions { MaxDegreeOfParallelism = Degree }, async (key, stop) => await store.TryAddKeyAsync(key, stop));
            await log.WriteAsync([.. made.SelectMany(key => Enumerable.Range(1, RowsPerKey).Select(number => OldLog.Event(key.Locator.KeyId, number, now)))], CancellationToken.None);
            keys.AddRange(made);
        }

        foreach (var bucket in keys.GroupBy(key => KeyIndexEntity.BucketOf(key.Locator.KeyId)))
        {
            await index.UpsertEntityAsync(KeyIndexEntity.Of(bucket.Key, [.. bucket.Select(IndexedKey.Of)]), TableUpdateMode.Replace);
        }
    }
}
