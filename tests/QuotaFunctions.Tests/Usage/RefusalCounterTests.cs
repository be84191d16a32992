using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Usage;

/// <summary>Refusals are counted by day, quarter of an hour, code and key, in memory that is bounded.</summary>
public sealed class RefusalCounterTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 23, 44, 59, TimeSpan.Zero));
    private readonly RefusalCounter _counter;

    public RefusalCounterTests() => _counter = new RefusalCounter(_time);

    [Fact]
    public void A_refusal_counts_for_its_code_its_key_and_its_quarter_of_an_hour()
    {
        _counter.Add("quota_exhausted", "key_a");
        _time.Advance(TimeSpan.FromSeconds(1));
        _counter.Add("quota_exhausted", "key_a");
        _counter.Add("rate_limited", "key_b");
        _counter.Add("key_missing", keyId: null);
        _time.Advance(TimeSpan.FromMinutes(15));
        _counter.Add("rate_limited", "key_a");

        var days = _counter.TakeChanged();
        Assert.Equal([20261101, 20261102], days.Select(day => day.Day).Order());
        var first = days.Single(day => day.Day == 20261101).Counts;
        Assert.Equal(new Dictionary<string, long> { ["quota_exhausted"] = 2, ["rate_limited"] = 1, ["key_missing"] = 1 }, first.Codes);
        Assert.Equal(new Dictionary<int, long> { [94] = 1, [95] = 1 }, first.Keys["key_a"]);
        Assert.Equal(new Dictionary<int, long> { [95] = 1 }, first.Keys["key_b"]);
        Assert.Equal(2, first.Keys.Count);
        Assert.Equal(new Dictionary<int, long> { [0] = 1 }, days.Single(day => day.Day == 20261102).Counts.Keys["key_a"]);
    }

    [Fact]
    public void A_day_is_taken_again_only_when_it_has_changed_and_days_before_yesterday_are_forgotten()
    {
        _counter.Add("rate_limited", "key_a");
        var (day, counts) = Assert.Single(_counter.TakeChanged());
        Assert.Single(_counter.TakeChanged()); // It was not stored
        _counter.SetStored(day, counts);
        Assert.Empty(_counter.TakeChanged());
        _counter.Add("rate_limited", "key_a");
        Assert.Equal(2, Assert.Single(_counter.TakeChanged()).Counts.Total);

        _time.Advance(TimeSpan.FromDays(1));
        Assert.Single(_counter.TakeChanged());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_counter.TakeChanged());
    }

    [Fact]
    public void However_many_keys_there_are_memory_and_rows_are_bounded_and_nothing_is_missing()
    {
        const int Keys = RefusalCounter.MaxKeys + 100;
        for (var key = 0; key < Keys; key++)
        {
            _counter.Add("key_expired", $"key_{key}");
        }

        _counter.Add("key_expired", "key_7");
        var counts = _counter.TakeChanged().Single().Counts;
        Assert.Equal(RefusalCounter.MaxKeys + 1, counts.Keys.Count);
        Assert.Equal(100, counts.Keys[UsageSum.Other].Values.Sum());

        var limited = counts.Limited();
        Assert.Equal(RefusedCounts.MaxKeys + 1, limited.Keys.Count);
        Assert.Equal(2, limited.Keys["key_7"].Values.Sum());
        Assert.Equal((Keys + 1, Keys + 1), (limited.Total, limited.Sums().Values.Sum()));
    }

    [Fact]
    public async Task Threads_that_count_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                _counter.Add("rate_limited", $"key_{i % (3 + thread)}");
            }
        })));
        var counts = _counter.TakeChanged().Single().Counts;
        Assert.Equal((20_000, 20_000), (counts.Total, counts.Sums().Values.Sum()));
    }
}
