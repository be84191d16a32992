using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Auditing;

public sealed class AuditBufferTests : IAsyncDisposable
{
    private static readonly CommitMessage Commit = new()
    {
        AccountId = "key_a", Row = new LedgerRow { Sequence = 1, CommitId = Guid.NewGuid(), At = DateTimeOffset.UnixEpoch, Owner = "instance", Entries = [] },
    };

    private readonly CountingTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));
    private readonly List<string> _sent = [];
    private readonly AuditBuffer _buffer;
    private TaskCompletionSource _open = new();
    private int _failures;

    public AuditBufferTests()
    {
        _open.SetResult();
        var queue = new Mock<QueueClient>();
        queue.Setup(it => it.SendMessageAsync(It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .Returns(async (BinaryData message, TimeSpan? _, TimeSpan? _, CancellationToken cancellationToken) =>
            {
                var text = message.ToString();
                await _open.Task.WaitAsync(cancellationToken);
                if (Interlocked.Decrement(ref _failures) >= 0)
                {
                    throw new RequestFailedException(503, "busy");
                }

                lock (_sent)
                {
                    _sent.Add(text);
                }

                return Response.FromValue<SendReceipt>(null!, Mock.Of<Response>());
            });
        var queues = new Mock<QueueServiceClient>();
        queues.Setup(it => it.GetQueueClient("audit-events")).Returns(queue.Object);
        _buffer = new AuditBuffer(queues.Object, _time, NullLogger<AuditBuffer>.Instance);
    }

    public ValueTask DisposeAsync() => _buffer.DisposeAsync();

    [Fact]
    public async Task Notes_that_come_within_half_a_second_share_a_message()
    {
        for (var i = 0; i < 3; i++)
        {
            await _buffer.WriteAsync(Event(i), CancellationToken.None);
        }

        await Eventually.TrueAsync(() => _time.TimerCount > 0 && _buffer.Length == 0);
        Assert.Empty(_sent);
        await TurnUntilSentAsync(1);

        Assert.Equal(3, Read(_sent[0]).Count);
    }

    [Fact]
    public async Task A_message_is_no_larger_than_a_queue_takes_and_nothing_is_left_out()
    {
        // Of random digits in hexadecimal, packing saves about half
        var random = new Random(1);
        for (var i = 0; i < 5; i++)
        {
            await _buffer.WriteAsync(Event(i, random.GetHexString(50_000)), CancellationToken.None);
        }

        await TurnUntilAsync(() => Sent.SelectMany(Read).Count() == 5);

        Assert.All(Sent, message => Assert.InRange(message.Length, 2, PackedText.MaxBytes));
        Assert.Equal([0, 1, 2, 3, 4], Sent.SelectMany(Read).Cast<AuditEvent>().Select(told => told.Id.Index));
        Assert.Equal(0, _buffer.Dropped);
    }

    [Fact]
    public async Task What_fits_into_a_message_only_when_it_is_packed_is_one_message()
    {
        for (var i = 0; i < 300; i++)
        {
            await _buffer.WriteAsync(Event(i, "providers that many of them tried, as their notes have much in common"), CancellationToken.None);
        }

        await TurnUntilAsync(() => Sent.SelectMany(Read).Count() == 300);

        Assert.InRange(Assert.Single(Sent).Length, 2, PackedText.MaxBytes);
    }

    /// <summary>A commit that one message tells all of is compacted at once; one that is spread over two is left to the sweeper.</summary>
    [Fact]
    public async Task A_full_message_leaves_to_the_next_what_it_does_not_tell_all_of()
    {
        for (var i = 0; i < 6; i++)
        {
            await _buffer.WriteAsync(End(commit: 1 + (i / 2), i % 2, of: 2, length: 45_000), CancellationToken.None);
        }

        await TurnUntilSentAsync(2);

        Assert.Equal([1, 1, 2, 2], Commits(Sent[0]));
        Assert.Equal([3, 3], Commits(Sent[1]));
    }

    [Fact]
    public async Task Nothing_is_left_to_the_next_message_twice()
    {
        for (var i = 0; i < 12; i++)
        {
            // Of the first commit the end never comes
            await _buffer.WriteAsync(End(commit: i == 0 ? 1 : 2 + ((i - 1) / 2), i == 0 ? 0 : (i - 1) % 2, of: 2, length: 45_000), CancellationToken.None);
        }

        await TurnUntilAsync(() => Sent.SelectMany(Read).Count() == 12);

        Assert.DoesNotContain(1, Commits(Sent[0]));
        Assert.Contains(1, Commits(Sent[1]));
    }

    [Fact]
    public async Task Where_no_commit_is_told_all_of_nothing_waits()
    {
        for (var i = 0; i < 5; i++)
        {
            await _buffer.WriteAsync(End(commit: i, 0, of: 64, length: 45_000), CancellationToken.None);
        }

        await TurnUntilSentAsync(1);

        Assert.Equal([0, 1, 2, 3, 4], Commits(Sent[0]));
    }

    [Fact]
    public async Task What_was_left_to_the_next_message_is_sent_at_the_end()
    {
        for (var i = 0; i < 5; i++)
        {
            await _buffer.WriteAsync(End(commit: 1 + (i / 2), i % 2, of: 2, length: 45_000), CancellationToken.None);
        }

        await _buffer.DrainAsync(CancellationToken.None);

        Assert.Equal([1, 1, 2, 2, 3], Sent.SelectMany(Commits));
    }

    [Fact]
    public async Task What_never_fits_is_dropped_and_counted_and_what_comes_after_it_is_sent()
    {
        await _buffer.WriteAsync(Event(0, new Random(1).GetHexString(200_000)), CancellationToken.None);
        await _buffer.WriteAsync(Event(1), CancellationToken.None);

        await TurnUntilSentAsync(1);

        Assert.Equal(1, Assert.IsType<AuditEvent>(Assert.Single(Read(Sent[0]))).Id.Index);
        Assert.Equal(1, _buffer.Dropped);
    }

    [Fact]
    public async Task A_message_that_is_not_taken_is_sent_again()
    {
        _failures = 3;
        await _buffer.WriteAsync(Event(7), CancellationToken.None);

        await TurnUntilSentAsync(1);

        Assert.Equal(7, Assert.IsType<AuditEvent>(Assert.Single(Read(_sent[0]))).Id.Index);
    }

    /// <summary>What the ledger says, too, must not hold up those who charge; what only this process knows must not be lost.</summary>
    [Fact]
    public async Task When_it_is_full_an_event_waits_and_any_other_note_is_dropped_and_counted()
    {
        await FillAsync();

        var page = _buffer.WriteAsync(Commit, CancellationToken.None);
        var commit = _buffer.WriteAsync(new CommitMessage { AccountId = "key_a", Row = Row() }, CancellationToken.None);
        var waiting = _buffer.WriteAsync(Event(7), CancellationToken.None);

        Assert.True(page.IsCompletedSuccessfully && commit.IsCompletedSuccessfully);
        Assert.Equal(2, _buffer.Dropped);
        Assert.False(waiting.IsCompleted);
        _open.SetResult();
        await TurnUntilAsync(() => waiting.IsCompleted);
        await _buffer.DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        Assert.Contains(_sent.SelectMany(Read), note => note is AuditEvent { Id.Index: 7 });
        Assert.Equal(2, _buffer.Dropped);
    }

    [Fact]
    public async Task At_the_end_what_waits_is_sent_without_delay()
    {
        await _buffer.WriteAsync(Event(1), CancellationToken.None);
        await _buffer.WriteAsync(Commit, CancellationToken.None);

        await _buffer.DrainAsync(CancellationToken.None);

        Assert.Equal(2, _sent.SelectMany(Read).Count());
    }

    [Fact]
    public async Task At_the_end_it_does_not_wait_for_a_queue_that_is_away_longer_than_it_may()
    {
        _failures = int.MaxValue;
        await _buffer.WriteAsync(Event(1), CancellationToken.None);
        using var giveUp = new CancellationTokenSource();
        var draining = _buffer.DrainAsync(giveUp.Token);
        Assert.False(draining.IsCompleted);

        await giveUp.CancelAsync();

        await draining.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        Assert.Empty(_sent);
    }

    /// <summary>Until no more fits: the queue hangs over the first message.</summary>
    private async Task FillAsync()
    {
        _open = new TaskCompletionSource();
        await _buffer.WriteAsync(Event(0, new string('x', 200_000)), CancellationToken.None);
        await Eventually.TrueAsync(() => _buffer.Length == 0);
        for (var i = 0; i < AuditBuffer.Capacity; i++)
        {
            await _buffer.WriteAsync(Commit, CancellationToken.None);
        }

        Assert.Equal((AuditBuffer.Capacity, 0L), (_buffer.Length, _buffer.Dropped));
    }

    private List<string> Sent
    {
        get
        {
            lock (_sent)
            {
                return [.. _sent];
            }
        }
    }

    private Task TurnUntilSentAsync(int count) => TurnUntilAsync(() => Sent.Count >= count);

    /// <summary>As often as it takes: a wait may begin only after a turn of the clock.</summary>
    private Task TurnUntilAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(TimeSpan.FromMilliseconds(500));
        return condition();
    });

    private static List<AuditMessage> Read(string message) => JsonSerializer.Deserialize(PackedText.Unpack(message).Span, AuditJson.Default.ListAuditMessage)!;

    private static IEnumerable<long> Commits(string message) => Read(message).Cast<AuditEvent>().Select(told => told.Id.Sequence);

    /// <summary>The end of a charge, in so many characters that packing makes few of.</summary>
    private static AuditEvent End(int commit, int index, int of, int length) => Event(index, new string('x', length)) with
    {
        Id = new ChargeId(20260101, commit, index), Ledger = [new LedgerEntryRef(commit, index, of, 1, 0)],
    };

    private static LedgerRow Row() => new() { Sequence = 1, CommitId = Guid.NewGuid(), At = default, Owner = "a", Entries = [] };

    private static AuditEvent Event(int index, string? tried = null) => new()
    {
        AccountId = "key_a",
        KeyId = "key_a",
        Id = new ChargeId(20260101, 1, index),
        Phase = AuditPhase.Final,
        Entry = new AuditEntry { Outcome = "succeeded", Tried = tried },
    };
}
