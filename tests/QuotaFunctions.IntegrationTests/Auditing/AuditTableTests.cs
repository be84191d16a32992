using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Auditing;

/// <summary>The log on a real table: many entries share a row, and nobody notices.</summary>
public sealed class AuditTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int CommitsPerPartition = 64;
    private const int Day = 20260302;

    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];
    private readonly string _key = "key_" + Guid.NewGuid().ToString("N")[..20];

    [Fact]
    public async Task Every_page_size_yields_all_entries_once_the_newest_first()
    {
        await using var engine = await StartAsync();
        var events = Enumerable.Range(0, 100).Select(index => Event(7, index)).Concat(Enumerable.Range(0, 3).Select(index => Event(8, index))).ToList();
        await engine.Get<IAuditStore>().WriteAsync(events, CancellationToken.None);
        var expected = events.OrderByDescending(told => told.Id.Sequence).ThenByDescending(told => told.Id.Index).Select(told => told.Id.ToString()).ToList();

        foreach (var size in (int[])[1, 15, 63, 64, 65, 100, 1000])
        {
            Assert.Equal(expected, await ReadByCursorAsync(engine, size));
        }

        var second = await engine.Log.ReadAsync(new AuditQuery { KeyId = _key, Page = 2, PageSize = 40 }, CancellationToken.None);
        Assert.Equal(expected.Skip(40).Take(40), second.Rows.Select(row => row.Id));
    }

    /// <summary>Two instances with leases fill pages at the same time: the older page has newer entries than the newer page has old ones.</summary>
    [Fact]
    public async Task A_span_of_time_is_read_whole_where_pages_overlap()
    {
        await using var engine = await StartAsync();
        var events = Enumerable.Range(0, 10).SelectMany(second => new[] { Event(100, second, second), Event(164, second, second) }).ToList();
        await engine.Get<IAuditStore>().WriteAsync(events, CancellationToken.None);

        var query = new AuditQuery { KeyId = _key, From = Noon.AddSeconds(3), To = Noon.AddSeconds(7) };
        var read = (await engine.Log.ReadAsync(query, CancellationToken.None)).Rows;

        Assert.Equal([3, 3, 4, 4, 5, 5, 6, 6], read.Select(row => (int)(row.At - Noon).TotalSeconds).Order());
    }

    [Theory]
    [InlineData("First Correction Last")]
    [InlineData("Last Correction First")]
    [InlineData("Correction First Last First")]
    [InlineData("Last First Last Correction")]
    [InlineData("Correction First")]
    public async Task Words_come_to_the_same_in_any_order(string order)
    {
        await using var engine = await StartAsync();
        var first = Event(1, 40);
        var correction = first with { Phase = AuditPhase.Corrected, Entry = new AuditEntry { Outcome = "succeeded", Cost = 2, Status = 200 } };
        var last = first with { Phase = AuditPhase.Final, Entry = first.Entry with { Outcome = "succeeded", Cost = 2, Status = 200 } };
        foreach (var word in order.Split(' '))
        {
            var told = word switch { "First" => first, "Correction" => correction, _ => last };
            await engine.Get<IAuditStore>().WriteAsync([told], CancellationToken.None);
        }

        var logged = await engine.Get<IAuditStore>().FindAsync(_key, first.Id, AuditPhase.Final, CancellationToken.None);

        var phase = order.Contains("Last", StringComparison.Ordinal) ? AuditPhase.Final : AuditPhase.Corrected;
        Assert.Equal(new LoggedCharge(first.Id, phase, last.Entry), logged);
        var written = await engine.Get<IAuditStore>().ReadWrittenAsync(_key, Day, 1, 1, CancellationToken.None);
        Assert.Equal([KeyValuePair.Create(first.Id, logged!)], written);
    }

    [Fact]
    public async Task What_shares_a_row_is_written_by_several_at_once()
    {
        await using var engine = await StartAsync();
        await Clients.AskAsync(16, 64, async index =>
        {
            await engine.Get<IAuditStore>().WriteAsync([Event(1, index)], CancellationToken.None);
            return index;
        });

        var written = await engine.Get<IAuditStore>().ReadWrittenAsync(_key, Day, 1, 1, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 64), written.Keys.Select(id => id.Index).Order());
        Assert.All(written.Values, logged => Assert.False(logged.IsFinal));
    }

    /// <summary>As many entries as the ledger takes in a commit, in the characters that take most, all words: it must fit into the service's rows.</summary>
    [Theory]
    [InlineData(500, 64)]
    [InlineData(500, 1)]
    [InlineData(10, 64)]
    public async Task The_largest_commit_fits(int characters, int most)
    {
        await using var engine = await StartAsync();
        var text = new string('語', characters);
        var entry = new LedgerEntry { KeyId = _key, RequestId = text, Provider = text, Model = text, Reference = text };
        var count = Math.Min(most, AccountTransaction.MaxEntriesLength / entry.MaxLength);
        var first = Enumerable.Range(0, count).Select(index => Event(1, index)).Select(told => told with
        {
            Entry = new AuditEntry(entry) { At = Noon, Cost = ChargeRequest.MaxCost },
        }).ToList();
        var last = first.ConvertAll(told => told with
        {
            Phase = AuditPhase.Final,
            Entry = told.Entry with { Outcome = "succeeded", Tried = new string('t', 300), BytesIn = long.MaxValue, BytesOut = long.MaxValue, TokensIn = long.MaxValue, TokensOut = long.MaxValue },
        });

        await engine.Get<IAuditStore>().WriteAsync(first, CancellationToken.None);
        await engine.Get<IAuditStore>().WriteAsync(last, CancellationToken.None);

        var read = await engine.Log.ReadAsync(new AuditQuery { KeyId = _key }, CancellationToken.None);
        Assert.Equal(count, read.Rows.Count);
        Assert.All(read.Rows, row => Assert.Equal(("succeeded", text, text), (row.Outcome, row.Reference, row.Model)));

        // Azurite does not mind. The service: 1 MiB a row, 64 KiB a property, two bytes a character.
        var table = engine.Get<TableServiceClient>().GetTableClient(engine.Get<StorageNames>().Audit);
        await foreach (var row in table.QueryAsync<TableEntity>())
        {
            Assert.InRange(row.Count, 1, 252);
            Assert.InRange(row.Sum(property => 2 * (property.Key.Length + (property.Value as string ?? "").Length)), 1, 1024 * 1024);
            Assert.All(row, property => Assert.InRange(2 * (property.Value as string ?? "").Length, 0, 64 * 1024));
        }
    }

    [Fact]
    public async Task Pages_of_storage_grow_to_the_last_entry()
    {
        await using var engine = await StartAsync();
        var events = Enumerable.Range(0, 100).Select(commit => Event(commit, 0)).ToList();
        await engine.Get<IAuditStore>().WriteAsync(events, CancellationToken.None);
        var expected = events.Select(told => told.Id.ToString()).Reverse().ToList();

        foreach (var size in (int[])[15, 16, 17, 80, 99, 100, 1000])
        {
            Assert.Equal(expected, await ReadByCursorAsync(engine, size));
        }
    }

    [Fact]
    public async Task More_rows_than_a_transaction_takes_are_written_in_several()
    {
        await using var engine = await StartAsync();
        var events = Enumerable.Range(0, CommitsPerPartition).SelectMany(commit => new[] { Event(CommitsPerPartition + commit, 0), Event(CommitsPerPartition + commit, 64) }).ToList();

        await engine.Get<IAuditStore>().WriteAsync(events, CancellationToken.None);

        Assert.Equal(events.Count, (await ReadByCursorAsync(engine, 1000)).Count);
    }

    private Task<EngineUnderTest> StartAsync() => EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix);

    private async Task<List<string>> ReadByCursorAsync(EngineUnderTest engine, int size)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = await engine.Log.ReadAsync(new AuditQuery { KeyId = _key, PageSize = size, Cursor = cursor }, CancellationToken.None);
            Assert.InRange(page.Rows.Count, 1, size);
            ids.AddRange(page.Rows.Select(row => row.Id));
            cursor = page.Next;
        }
        while (cursor is not null);
        return ids;
    }

    private AuditEvent Event(long sequence, int index, int second = 0) => new()
    {
        AccountId = _key,
        KeyId = _key,
        Id = new ChargeId(Day, sequence, index),
        Entry = new AuditEntry { At = Noon.AddSeconds(second), Outcome = "consumed", Cost = 1, RequestId = "request", Reference = "reference" },
    };
}
