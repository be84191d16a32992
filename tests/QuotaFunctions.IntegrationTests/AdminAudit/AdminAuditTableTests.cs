using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.AdminAudit;

/// <summary>What admins did, on a real table: over many months, in every order of asking.</summary>
public sealed class AdminAuditTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTimeOffset Newest = new(2026, 3, 1, 0, 0, 30, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Newest);

    [Fact]
    public async Task Actions_are_read_the_newest_first_over_months_and_pages()
    {
        var audit = await StartAsync();
        var months = new[] { 0, 0, 1, 1, 1, 5, 14 };
        var expected = new List<string>();
        foreach (var (month, number) in months.Select((month, number) => (month, number)))
        {
            expected.Add(await audit.BeginAsync(Action(Newest.AddMonths(-month).AddSeconds(-number)), default));
        }

        foreach (var limit in (int[])[1, 2, 3, 7, 1000])
        {
            Assert.Equal(expected, (await ReadAsync(audit, new AdminAuditQuery { Limit = limit })).Select(action => action.Id));
        }

        var page = await audit.ReadAsync(new AdminAuditQuery { Limit = 7 }, default);
        Assert.Equal((7, null), (page.Actions.Count, page.Next));
    }

    [Fact]
    public async Task A_span_of_time_has_its_beginning_and_not_its_end()
    {
        var audit = await StartAsync();
        for (var second = 0; second < 60; second += 10)
        {
            await audit.BeginAsync(Action(Newest.AddSeconds(-second)), default);
        }

        var read = await ReadAsync(audit, new AdminAuditQuery { From = Newest.AddSeconds(-40), To = Newest.AddSeconds(-10), Limit = 2 });

        Assert.Equal([20, 30, 40], read.Select(action => (int)(Newest - action.Action.At).TotalSeconds));
    }

    [Fact]
    public async Task A_rare_filter_goes_on_by_cursor_and_a_cursor_keeps_to_the_span()
    {
        var audit = await StartAsync();
        foreach (var number in Enumerable.Range(0, 30))
        {
            await audit.BeginAsync(Action(Newest.AddDays(-number), actor: number % 10 == 5 ? "alice" : "bob", target: $"key_{number % 3}"), default);
        }

        Assert.Equal([5, 15, 25], (await ReadAsync(audit, new AdminAuditQuery { Actor = "alice", Limit = 1 })).Select(Days));
        Assert.Equal([15], (await ReadAsync(audit, new AdminAuditQuery { Actor = "alice", Target = "key_0" })).Select(Days));
        Assert.Empty(await ReadAsync(audit, new AdminAuditQuery { Actor = "carol" }));
        var first = await audit.ReadAsync(new AdminAuditQuery { Limit = 2 }, default);
        Assert.Equal([20], (await ReadAsync(audit, new AdminAuditQuery { Limit = 1, Cursor = first.Next, To = Newest.AddDays(-19), From = Newest.AddDays(-20) })).Select(Days));
    }

    [Fact]
    public async Task No_reading_looks_at_more_than_a_bounded_number()
    {
        var audit = await StartAsync();
        var writes = Enumerable.Range(0, AdminAuditTable.MaxRowsRead + 1).Select(number => Action(Newest.AddSeconds(-number), actor: number == AdminAuditTable.MaxRowsRead ? "alice" : "bob"));
        await Parallel.ForEachAsync(writes, async (action, stop) => await audit.BeginAsync(action, stop));

        var first = await audit.ReadAsync(new AdminAuditQuery { Actor = "alice" }, default);

        Assert.Empty(first.Actions);
        Assert.NotNull(first.Next);
        Assert.Single((await audit.ReadAsync(new AdminAuditQuery { Actor = "alice", Cursor = first.Next }, default)).Actions);
    }

    [Fact]
    public async Task The_outcome_joins_the_intent_and_leaves_it_as_it_was()
    {
        var audit = await StartAsync();
        var action = Action(Newest) with { Target = null, Address = "203.0.113.7", Before = """{"a":1}""" };
        var id = await audit.BeginAsync(action, default);
        Assert.Equal(new RecordedAction(id, action, Outcome: null), (await ReadAsync(audit, new AdminAuditQuery())).Single());

        var outcome = new AdminOutcome(503, "quota_unavailable", """{"a":2}""");
        await audit.EndAsync(id, "key_1", outcome, default);
        await audit.EndAsync(id, "key_1", outcome, default);

        Assert.Equal(new RecordedAction(id, action with { Target = "key_1" }, outcome), (await ReadAsync(audit, new AdminAuditQuery())).Single());
    }

    [Fact]
    public async Task An_action_of_a_clock_that_is_ahead_is_seen()
    {
        var audit = await StartAsync();
        _time.SetUtcNow(new DateTimeOffset(2026, 3, 31, 23, 59, 0, TimeSpan.Zero));
        var id = await audit.BeginAsync(Action(_time.GetUtcNow().AddMinutes(2)), default);
        Assert.Equal([id], (await ReadAsync(audit, new AdminAuditQuery())).Select(action => action.Id));
    }

    private async Task<AdminAuditTable> StartAsync()
    {
        var tables = new TableServiceClient(azurite.ConnectionString);
        var names = new StorageNames(Options.Create(new StorageOptions { TablePrefix = AzuriteFixture.UniqueName()[..16] }));
        await tables.GetTableClient(names.AdminAudit).CreateAsync();
        return new AdminAuditTable(tables, names, _time);
    }

    private static async Task<List<RecordedAction>> ReadAsync(AdminAuditTable audit, AdminAuditQuery query)
    {
        var read = new List<RecordedAction>();
        AdminAuditPage page;
        do
        {
            page = await audit.ReadAsync(query, default);
            read.AddRange(page.Actions);
            Assert.InRange(read.Count, 0, 100);
            query = query with { Cursor = page.Next };
        }
        while (page.Next is not null);
        return read;
    }

    private static int Days(RecordedAction action) => (int)(Newest - action.Action.At).TotalDays;

    private static AdminAction Action(DateTimeOffset at, string actor = "alice", string target = "key_1") =>
        new() { At = at, Actor = actor, RequestId = "r", Method = "POST", Route = "/manage/keys/{key}/topup", Target = target };
}
