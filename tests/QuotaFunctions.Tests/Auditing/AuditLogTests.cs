using System.Runtime.CompilerServices;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>Reading the log: how much of it one request looks at, and where the next one goes on.</summary>
public sealed class AuditLogTests
{
    private const int Length = 23_000;

    private static readonly DateTimeOffset Newest = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TestTable _table = new();
    private readonly AuditLog _log;

    public AuditLogTests() => _log = new AuditLog(_table, index: null!);

    [Fact]
    public async Task A_rare_outcome_is_found_by_following_the_cursor_and_no_request_reads_the_whole_log()
    {
        var query = new AuditQuery { KeyId = "key_a", PageSize = 3, Outcome = "failed" };

        var (found, requests) = await FollowAsync(query);

        Assert.Equal([22_000, 14_000, 12_001, 1], found);
        Assert.InRange(requests, 5, 6);
    }

    [Fact]
    public async Task A_late_page_is_the_one_that_was_asked_for_however_many_requests_it_takes()
    {
        var (found, requests) = await FollowAsync(new AuditQuery { KeyId = "key_a", PageSize = 100, Page = 121 }, pages: 1);

        Assert.Equal(Enumerable.Range(0, 100).Select(row => Length - 12_000 - row), found);
        Assert.Equal(3, requests);
    }

    [Fact]
    public async Task A_span_of_time_is_cut_out_of_its_days()
    {
        var query = new AuditQuery { KeyId = "key_a", PageSize = 1000, From = Newest.AddSeconds(-6_003), To = Newest.AddSeconds(-6_000) };

        var (found, requests) = await FollowAsync(query);

        Assert.Equal([16_999, 16_998, 16_997], found);
        Assert.InRange(requests, 2, 5);
    }

    [Fact]
    public async Task Ordinary_pages_are_read_one_after_the_other()
    {
        var first = await _log.ReadAsync(new AuditQuery { KeyId = "key_a", PageSize = 1000 }, CancellationToken.None);
        var second = await _log.ReadAsync(new AuditQuery { KeyId = "key_a", PageSize = 1000, Cursor = first.Next }, CancellationToken.None);

        Assert.Equal(first.Rows[^1].Id, first.Next);
        Assert.Equal(1000, second.Rows.Count);
        Assert.Equal(new ChargeId(20260302, Length - 1000, 0).ToString(), second.Rows[0].Id);
    }

    [Fact]
    public async Task What_comes_after_a_page_is_read_to_the_end_each_row_once()
    {
        var query = new AuditQuery { KeyId = "key_a", PageSize = AuditQuery.MaxPageSize };
        var first = await _log.ReadAsync(query, CancellationToken.None);

        var all = await _log.ReadOnAsync(query, first, CancellationToken.None).ToListAsync();

        Assert.Equal(Length, all.Select(row => row.Id).Distinct().Count());
        Assert.Equal(Length, all.Count);
    }

    [Fact]
    public async Task Storage_is_asked_for_no_more_than_a_page_unless_some_may_not_be_wanted()
    {
        await _log.ReadAsync(new AuditQuery { KeyId = "key_a", Page = 3, PageSize = 100 }, CancellationToken.None);
        await _log.ReadAsync(new AuditQuery { KeyId = "key_a", Outcome = "failed" }, CancellationToken.None);

        Assert.Equal([300L, null], _table.Asked);
    }

    [Theory]
    [InlineData("chg_20260302-7-3", 0)]
    [InlineData("chg_20260302-7-3.4900", 4900)]
    public void A_cursor_is_read_as_it_was_written(string text, long skip)
    {
        Assert.True(AuditCursor.TryParse(text, out var cursor));
        Assert.Equal(new AuditCursor(new ChargeId(20260302, 7, 3), skip), cursor);
        Assert.Equal(text, cursor.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("chg_20260302-7-3.")]
    [InlineData("chg_20260302-7-3.0")]
    [InlineData("chg_20260302-7-3.-1")]
    [InlineData("chg_20260302-7-3.1.1")]
    [InlineData("chg_20260302-7-3.99999999999999999999")]
    [InlineData(".5")]
    public void Anything_else_is_no_cursor(string? text) => Assert.False(AuditCursor.TryParse(text, out _));

    /// <summary>Reads on by the cursor, as a client does, until there is none, or there are so many pages with rows.</summary>
    private async Task<(List<int> Found, int Requests)> FollowAsync(AuditQuery query, int pages = int.MaxValue)
    {
        var found = new List<int>();
        for (var requests = 1; ; requests++)
        {
            Assert.InRange(requests, 1, 20);
            _table.Read = 0;
            var page = await _log.ReadAsync(query, CancellationToken.None);
            Assert.InRange(_table.Read, 1, AuditPageBuilder.MaxScanned + 1);
            Assert.InRange(page.Rows.Count, 0, query.PageSize);
            found.AddRange(page.Rows.Select(row => ChargeId.TryParse(row.Id, out var id) ? (int)id.Sequence : 0));
            if (page.Next is null || (page.Rows.Count > 0 && --pages == 0))
            {
                return (found, requests);
            }

            query = query with { Cursor = page.Next };
        }
    }

    /// <summary>A day's log: a charge every second, four of which failed.</summary>
    private sealed class TestTable : IAuditStore
    {
        public int Read { get; set; }

        public List<long?> Asked { get; } = [];

        public Task WriteAsync(IReadOnlyCollection<AuditEvent> events, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<LoggedCharge?> FindAsync(string keyId, ChargeId id, AuditPhase upTo, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<(string KeyId, ChargeId Id), LoggedCharge>> FindAsync(
            IEnumerable<(string KeyId, ChargeId Id)> charges, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<ChargeId, LoggedCharge>> ReadWrittenAsync(
            string keyId, int day, long firstSequence, long lastSequence, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async IAsyncEnumerable<LoggedCharge> ReadAsync(
            string keyId, DateTimeOffset? from, DateTimeOffset? to, ChargeId? after, long? count, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            Asked.Add(count);
            for (var sequence = after?.Sequence - 1 ?? Length; sequence > 0; sequence--)
            {
                Read++;
                var outcome = sequence is 22_000 or 14_000 or 12_001 or 1 ? "failed" : "succeeded";
                yield return new LoggedCharge(
                    new ChargeId(20260302, sequence, 0), AuditPhase.Final, new AuditEntry { At = Newest.AddSeconds(sequence - Length), Outcome = outcome, Cost = 1 });
            }
        }
    }
}
