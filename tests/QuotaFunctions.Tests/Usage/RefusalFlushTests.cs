using Microsoft.Extensions.Logging.Abstractions;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Usage;

/// <summary>What was refused is stored soon, seldom, and not at all where there is nothing new.</summary>
public sealed class RefusalFlushTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryRefusals _store = new();
    private readonly RefusalCounter _counter;

    public RefusalFlushTests() => _counter = new RefusalCounter(_time);

    [Fact]
    public async Task It_stores_a_second_after_the_first_refusal_then_once_a_minute_and_only_what_is_new()
    {
        using var flush = New("a");
        await flush.StartAsync(CancellationToken.None);
        for (var minute = 0; minute < 3; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(0, _store.Writes);

        _counter.Add("rate_limited", "key_a");
        _counter.Add("rate_limited", "key_a");
        await PassAsync(() => _store.Writes == 1);
        var since = _time.GetUtcNow();

        _counter.Add("rate_limited", "key_a");
        await PassAsync(() => _store.Writes == 2);
        Assert.True(_time.GetUtcNow() - since >= TimeSpan.FromSeconds(57));
        Assert.Equal(3, (await new RefusalReader(_store, _time).ReadSumsAsync(CancellationToken.None)).Keys["key_a"]);

        for (var minute = 0; minute < 3; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, _store.Writes);
        await flush.StopAsync(CancellationToken.None);
        await flush.StoppedAsync(CancellationToken.None);
        Assert.Equal(2, _store.Writes);
    }

    [Fact]
    public async Task An_orderly_stop_stores_what_is_left_and_a_storage_that_is_away_does_not_hold_it_up()
    {
        using var flush = New("a");
        await flush.StartAsync(CancellationToken.None);
        _counter.Add("rate_limited", "key_a");
        await flush.StopAsync(CancellationToken.None);
        _store.KilledAt = 1;
        await flush.StoppedAsync(CancellationToken.None);
        Assert.Empty(_store.Open);

        await flush.StoppedAsync(CancellationToken.None);
        Assert.Equal((20261101, "a"), Assert.Single(_store.Open));
    }

    [Fact]
    public async Task What_could_not_be_stored_is_stored_a_minute_later()
    {
        _store.KilledAt = 1;
        using var flush = New("a");
        await flush.StartAsync(CancellationToken.None);
        _counter.Add("rate_limited", "key_a");
        await PassAsync(() => _store.Open.Any());
        Assert.Equal(2, _store.Writes);
        await flush.StopAsync(CancellationToken.None);
    }

    private RefusalFlush New(string instance) => new(_counter, _store, new InstanceIdentity(instance), _time, NullLogger<RefusalFlush>.Instance);

    private Task PassAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            if (condition())
            {
                return Task.FromResult(true);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(false);
        },
        TimeSpan.FromSeconds(30));
}
