using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Auditing;

/// <summary>The log of all keys on a real table.</summary>
public sealed class AuditIndexTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int KeyCount = 20;
    private const int Length = 12_000;

    private static readonly DateTimeOffset Start = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    /// <summary>A long log of many keys over three hours, written in messages of 150 events.</summary>
    [Fact]
    public async Task A_long_log_of_many_keys_is_read_in_order_and_a_rare_row_in_bounded_work()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix);
        foreach (var message in Enumerable.Range(0, Length).Select(Event).Chunk(150))
        {
            await engine.Get<IAuditStore>().WriteAsync(message, CancellationToken.None);
        }

        var (newest, _) = await ReadAsync(engine, new AuditQuery { PageSize = 500 }, pages: 3);
        Assert.Equal(Enumerable.Range(0, 1500).Select(row => Length - 1 - row), newest);

        var (failed, requests) = await ReadAsync(engine, new AuditQuery { Outcome = "failed" });
        Assert.Equal([11_000, 4], failed);
        Assert.Equal(3, requests);

        var key = new HashSet<string> { KeyOf(3) };
        Assert.Equal(Enumerable.Range(0, Length).Where(number => KeyOf(number) == KeyOf(3)).Reverse(), (await ReadAsync(engine, new AuditQuery { Among = key })).Found);

        var span = new AuditQuery { From = Event(5000).Entry.At, To = Event(5100).Entry.At };
        Assert.Equal(Enumerable.Range(5000, 100).Reverse(), (await ReadAsync(engine, span)).Found);
    }

    private static string KeyOf(int number) => $"key_{number % KeyCount:D20}";

    private static AuditEvent Event(int number) => new()
    {
        AccountId = KeyOf(number),
        KeyId = KeyOf(number),
        Id = new ChargeId(20260302, 1 + (number / KeyCount), 0),
        Entry = new AuditEntry { At = Start.AddSeconds(0.9 * number), Outcome = number is 4 or 11_000 ? "failed" : "consumed", Cost = 1, RequestId = $"{number}" },
    };

    private static async Task<(List<int> Found, int Requests)> ReadAsync(EngineUnderTest engine, AuditQuery query, int pages = int.MaxValue)
    {
        var found = new List<int>();
        for (var requests = 1; ; requests++)
        {
            var page = await engine.Log.ReadAsync(query, CancellationToken.None);
            found.AddRange(page.Rows.Select(row => int.Parse(row.RequestId!, System.Globalization.CultureInfo.InvariantCulture)));
            if (page.Next is null || requests == pages)
            {
                return (found, requests);
            }

            query = query with { Cursor = page.Next };
        }
    }
}
