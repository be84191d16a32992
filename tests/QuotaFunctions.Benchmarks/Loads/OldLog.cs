using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>A log that has grown for long, written straight into its table.</summary>
internal static class OldLog
{
    private const int RowsPerWrite = 6400;

    /// <summary>Writes the log of one more key as it was two hundred days ago, a row for each charge.</summary>
    public static async Task FillAsync(EngineInstance engine, int rows)
    {
        var issued = await engine.Services.GetRequiredService<IKeyService>()
            .CreateAsync(new KeySettings { Name = "old", Quota = 1 }, "bench", null, "benchmark", CancellationToken.None);
        var log = engine.Services.GetRequiredService<IAuditStore>();
        var start = TimeProvider.System.GetUtcNow().AddDays(-200);
        foreach (var numbers in Enumerable.Range(1, rows).Chunk(RowsPerWrite))
        {
            await log.WriteAsync([.. numbers.Select(number => Event(issued.Key.Id, number, start.AddSeconds(number / 100)))], CancellationToken.None);
        }
    }

    /// <summary>What the log is told of a charge.</summary>
    public static AuditEvent Event(string keyId, int number, DateTimeOffset at) => new()
    {
        AccountId = keyId,
        KeyId = keyId,
        Id = new ChargeId(LedgerRow.DayOf(at), number, 0),
        Entry = new AuditEntry { At = at, Outcome = "consumed", Cost = 1, RequestId = $"{number:x32}", Address = "192.0.2.1" },
    };
}
