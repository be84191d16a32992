using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging;

/// <summary>A writer is woken when as many are there as it waits for, or it has waited long enough.</summary>
public sealed class MailboxTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Mailbox _arrivals = new();

    [Fact]
    public async Task It_wakes_with_the_last_one_that_is_waited_for()
    {
        var waiting = WaitAsync(3);
        Add(2);
        Assert.False(waiting.IsCompleted);

        Add(1);

        Assert.True(await waiting);
        Assert.Equal(3, Take());
        Assert.Equal(0, Take());
    }

    [Fact]
    public async Task What_is_there_already_counts()
    {
        Add(3);

        Assert.True(await WaitAsync(3));
    }

    [Fact]
    public async Task It_wakes_when_the_time_is_over_with_what_is_there()
    {
        var waiting = WaitAsync(3);
        Add(1);
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(waiting.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.True(await waiting);
        Assert.Equal(1, Take());
    }

    [Fact]
    public async Task Once_closed_it_hands_out_what_is_there_and_takes_no_more()
    {
        var waiting = WaitAsync(3);
        Add(1);
        _arrivals.Close();

        Assert.True(await waiting);
        Assert.False(_arrivals.TryAdd(NewOperation()));
        Assert.True(await WaitAsync(3));
        Assert.Equal(1, Take());
        Assert.False(await WaitAsync(1));
    }

    [Fact]
    public async Task A_wait_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var waiting = WaitAsync(1, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    /// <summary>Whoever adds goes its way: what the writer does with it must not run in between.</summary>
    [Fact]
    public async Task The_lane_does_not_go_on_in_the_one_who_adds()
    {
        var adding = Environment.CurrentManagedThreadId;
        var isInside = false;
        var wasInside = false;
        var writer = GoOnAsync();
        isInside = true;
        Add(1);
        isInside = false;
        await writer;
        Assert.False(wasInside);

        async Task GoOnAsync()
        {
            await WaitAsync(1).ConfigureAwait(false);
            wasInside = isInside && Environment.CurrentManagedThreadId == adding;
        }
    }

    private static UpdateCommand NewOperation() => new("key_a", "key_a", (_, _, _) => null, long.MaxValue);

    private void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(_arrivals.TryAdd(NewOperation()));
        }
    }

    private int Take()
    {
        var taken = new LinkedList<AccountCommand>();
        _arrivals.TakeAll(taken);
        return taken.Count;
    }

    private Task<bool> WaitAsync(int count, CancellationToken cancellationToken = default) =>
        _arrivals.WaitAsync(count, TimeSpan.FromSeconds(10), _clock, cancellationToken).AsTask();
}
