using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>The log of all keys, by its index.</summary>
public sealed class AuditIndexTests
{
    private const string One = "key_00000000000000000001";
    private const string Other = "key_00000000000000000002";

    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void All_keys_are_shown_in_the_order_of_time_whatever_the_order_of_writing() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        AuditEvent[] told = [Event(One, 1, 0.2), Event(Other, 7, 0.1), Event(One, 2, 3600.5), Event(Other, 8, -3600), Event(Other, 9, 0.2)];
        foreach (var write in told.Chunk(2))
        {
            await instance.Get<IAuditStore>().WriteAsync(write, CancellationToken.None);
        }

        string[] expected = [$"{One} 2", $"{Other} 9", $"{One} 1", $"{Other} 7", $"{Other} 8"];
        foreach (var size in (int[])[1, 2, 3, 5, 100])
        {
            Assert.Equal(expected, await ReadAsync(instance, new AuditQuery { PageSize = size }));
        }

        Assert.Equal(expected[2..4], (await instance.Log.ReadAsync(new AuditQuery { PageSize = 2, Page = 2 }, CancellationToken.None)).Rows.Select(Name));
    });

    [Fact]
    public void A_span_of_time_is_cut_out_to_the_tick() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        await instance.Get<IAuditStore>().WriteAsync([.. Enumerable.Range(0, 100).Select(at => Event(One, at + 1, at * 600.25))], CancellationToken.None);

        async Task<IEnumerable<int>> Between(double from, double to) =>
            (await ReadAsync(instance, new AuditQuery { From = Noon.AddSeconds(from), To = Noon.AddSeconds(to), PageSize = 7 })).Select(name => int.Parse(name.Split(' ')[1], null) - 1);

        Assert.Equal([3, 2, 1], await Between(600.25, 4 * 600.25));
        Assert.Equal([4, 3, 2], await Between(600.2501, (4 * 600.25) + 0.0001));
        Assert.Equal(Enumerable.Range(10, 80).Reverse(), await Between(6000, 89.5 * 600.25));
        Assert.Empty(await Between(-5000, 0));
        Assert.Empty(await Between(100_000, 200_000));
    });

    /// <summary>How it began and how it ended are told apart, and a message comes twice.</summary>
    [Fact]
    public void A_charge_that_is_told_of_several_times_is_shown_once_as_the_log_has_it() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var first = Event(One, 1, 0.4);
        var last = first with { Phase = AuditPhase.Final, Entry = first.Entry with { At = Noon.AddSeconds(-7), Outcome = "succeeded" } };
        var correction = first with { Phase = AuditPhase.Corrected, Entry = new AuditEntry { Outcome = "failed" } };
        foreach (var word in new[] { first, last, first, correction, first })
        {
            await instance.Get<IAuditStore>().WriteAsync([word, word], CancellationToken.None);
        }

        var row = Assert.Single((await instance.Log.ReadAsync(new AuditQuery(), CancellationToken.None)).Rows);
        Assert.Equal((One, "succeeded", Noon.AddSeconds(-7)), (row.KeyId, row.Outcome, row.At));
    });

    [Fact]
    public void Filters_hold_over_all_keys() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var told = Enumerable.Range(0, 60).Select(at => Event(at % 2 == 0 ? One : Other, at + 1, at) is var it && at % 3 == 0
            ? it with { Entry = it.Entry with { Outcome = "failed", Provider = at % 5 == 0 ? "openai" : "claude", Model = $"model-{at % 4}" } }
            : it).ToList();
        await instance.Get<IAuditStore>().WriteAsync(told, CancellationToken.None);

        foreach (var (query, wanted) in new (AuditQuery, Func<AuditEvent, bool>)[]
        {
            (new AuditQuery { Outcome = "failed" }, it => it.Entry.Outcome == "failed"),
            (new AuditQuery { Provider = "openai" }, it => it.Entry.Provider == "openai"),
            (new AuditQuery { Model = "model-2", Provider = "claude" }, it => it.Entry is { Model: "model-2", Provider: "claude" }),
            (new AuditQuery { Among = new HashSet<string> { Other, "key_x" } }, it => it.KeyId == Other),
            (new AuditQuery { Among = new HashSet<string>() }, _ => false),
        })
        {
            var expected = told.Where(wanted).Reverse().Select(it => $"{it.KeyId} {it.Id.Sequence}").ToList();
            Assert.Equal(expected, await ReadAsync(instance, query with { PageSize = 4 }));
        }
    });

    /// <summary>A second of three thousand charges, written in many parts, is more than fits into a row, a transaction or a batch.</summary>
    [Fact]
    public void A_busy_second_is_read_in_pages() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var told = Enumerable.Range(0, 3000).Select(number => Event(One, 1 + (number / 100), 0.001 * (number / 100), number % 100)).ToList();
        await instance.Get<IAuditStore>().WriteAsync(told[..1300], CancellationToken.None);
        await instance.Get<IAuditStore>().WriteAsync(told[1200..], CancellationToken.None);

        var rows = await ReadRowsAsync(instance, new AuditQuery { PageSize = 700 });

        Assert.Equal(told.Select(it => it.Id.ToString()).Reverse(), rows.Select(row => row.Id));
    });

    /// <summary>Half a million charges of one key, and two of another: no request looks at all of them, and a cursor names none of the others.</summary>
    [Fact]
    public void A_rare_key_and_a_rare_outcome_are_found_by_cursor_in_bounded_work() => AuditWorld.Run(6, async world =>
    {
        var instance = world.NewInstance("a");
        foreach (var part in Enumerable.Range(0, 120_000).Select(number => Event(One, 1 + (number / 100), number / 100, number % 100)).Chunk(6000))
        {
            await instance.Get<IAuditStore>().WriteAsync(part, CancellationToken.None);
        }

        var failed = Event(One, 2, 1, 7);
        await instance.Get<IAuditStore>().WriteAsync(
            [failed with { Phase = AuditPhase.Final, Entry = failed.Entry with { Outcome = "failed" } }, Event(Other, 1, 3), Event(Other, 2, 700)],
            CancellationToken.None);

        var (requests, calls) = (0, world.Calls);
        var found = await ReadAsync(instance, new AuditQuery { Among = new HashSet<string> { Other } }, next =>
        {
            requests++;
            Assert.DoesNotContain(One, next ?? "", StringComparison.Ordinal);
        });
        Assert.Equal([$"{Other} 2", $"{Other} 1"], found);
        Assert.InRange(requests, 3, 4);
        Assert.InRange(world.Calls - calls, 3, 40);

        (requests, calls) = (0, world.Calls);
        Assert.Equal([$"{One} 2"], await ReadAsync(instance, new AuditQuery { Outcome = "failed", To = Noon.AddSeconds(100) }, _ =>
        {
            requests++;
            Assert.InRange(world.Calls - calls, 1, 200);
            calls = world.Calls;
        }));
        Assert.Equal(3, requests);
    });

    /// <summary>It went into the index, and its process died, or the log's row is deleted by now.</summary>
    [Fact]
    public void What_is_only_in_the_index_is_passed_over() => AuditWorld.Run(7, async world =>
    {
        var instance = world.NewInstance("a");
        await instance.Get<AuditIndex>().AddAsync([Event(One, 1, 0)], CancellationToken.None);
        await instance.Get<IAuditStore>().WriteAsync([Event(Other, 1, 0)], CancellationToken.None);

        Assert.Equal([$"{Other} 1"], await ReadAsync(instance, new AuditQuery()));
    });

    [Theory]
    [InlineData("638000000000000000", "")]
    [InlineData("638000000000000000.12", "")]
    [InlineData("638000000000000000.key_00000000000000000001.chg_20260302-7-3", One)]
    [InlineData("638000000000000000.pool_00000000000000000001.chg_20260302-7-3.4900", "pool_00000000000000000001")]
    public void A_cursor_is_read_as_it_was_written(string text, string key)
    {
        Assert.True(AuditIndexCursor.TryParse(text, out var cursor));
        Assert.Equal((638000000000000000, key, text), (cursor.Ticks, cursor.KeyId, cursor.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("chg_20260302-7-3")]
    [InlineData("9000000000000000000")]
    [InlineData("638000000000000000.0")]
    [InlineData("638000000000000000.key_00000000000000000001")]
    [InlineData("638000000000000000.key_1.chg_20260302-7-3")]
    [InlineData("638000000000000000.key_00000000000000000001.chg_20260302-7")]
    [InlineData("638000000000000000.key_00000000000000000001.chg_20260302-7-3.1.1")]
    public void Anything_else_is_no_cursor(string? text) => Assert.False(AuditIndexCursor.TryParse(text, out _));

    private static async Task<List<string>> ReadAsync(SimulatedInstance instance, AuditQuery query, Action<string?>? onPage = null) =>
        (await ReadRowsAsync(instance, query, onPage)).ConvertAll(Name);

    private static async Task<List<AuditRow>> ReadRowsAsync(SimulatedInstance instance, AuditQuery query, Action<string?>? onPage = null)
    {
        var rows = new List<AuditRow>();
        do
        {
            var page = await instance.Log.ReadAsync(query, CancellationToken.None);
            Assert.InRange(page.Rows.Count, 0, query.PageSize);
            Assert.Equal(page.Next is not null, AuditIndexCursor.TryParse(page.Next, out _));
            rows.AddRange(page.Rows);
            query = query with { Cursor = page.Next };
            onPage?.Invoke(page.Next);
        }
        while (query.Cursor is not null);
        return rows;
    }

    private static string Name(AuditRow row) => ChargeId.TryParse(row.Id, out var id) ? $"{row.KeyId} {id.Sequence}" : row.Id;

    private static AuditEvent Event(string key, long sequence, double second, int index = 0) => new()
    {
        AccountId = key,
        KeyId = key,
        Id = new ChargeId(20260302, sequence, index),
        Entry = new AuditEntry { At = Noon.AddSeconds(second), Outcome = "consumed", Cost = 1, RequestId = "request" },
    };
}
