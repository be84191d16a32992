using Microsoft.Extensions.Logging.Testing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class RecentReadingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger _logger = new();
    private int _readings;

    [Fact]
    public async Task Those_who_ask_within_a_few_seconds_share_a_reading()
    {
        var reading = Of(_ => Task.FromResult($"{++_readings}"));
        Assert.Equal("1", await reading.GetAsync(CancellationToken.None));
        _time.Advance(RecentReading<string>.Freshness);
        Assert.Equal("1", await reading.GetAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("2", await reading.GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Storage_that_hangs_is_waited_for_only_so_long_even_where_the_reading_does_not_end()
    {
        var reading = Of(_ => new TaskCompletionSource<string>().Task);
        var asked = reading.GetAsync(CancellationToken.None);
        Assert.False(asked.IsCompleted);
        _time.Advance(RecentReading<string>.Limit);
        Assert.Null(await asked);
        Assert.Contains("Metrics and probes go without the thing", _logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_is_not_asked_again_at_once()
    {
        var reading = Of(_ => ++_readings == 1 ? throw new IOException("with an address") : Task.FromResult("again"));
        Assert.Null(await reading.GetAsync(CancellationToken.None));
        Assert.Null(await reading.GetAsync(CancellationToken.None));
        Assert.DoesNotContain("address", _logger.LatestRecord.Message, StringComparison.Ordinal);
        _time.Advance(RecentReading<string>.Freshness + TimeSpan.FromTicks(1));
        Assert.Equal("again", await reading.GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Who_gives_up_does_not_end_the_reading_of_the_others()
    {
        var source = new TaskCompletionSource<string>();
        var reading = Of(_ => source.Task);
        using var gone = new CancellationTokenSource();
        var one = reading.GetAsync(gone.Token);
        var other = reading.GetAsync(CancellationToken.None);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        source.SetResult("there");
        Assert.Equal("there", await other);
    }

    private RecentReading<string> Of(Func<CancellationToken, Task<string>> read) => new("the thing", read, _time, _logger);
}
