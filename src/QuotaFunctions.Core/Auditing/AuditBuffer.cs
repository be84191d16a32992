using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// Takes what the log is to be told and sends it to the queue <c>audit-events</c>, many notes to a message. Bounded: when it is full,
/// an event waits for room, because only its process knows what it says. Any other note is dropped and counted: the ledger says the
/// same, and the sweeper tells the log from there. What is in the buffer when the process is killed is completed from the ledger, too.
/// </summary>
internal sealed partial class AuditBuffer : IAuditSink, IAuditBufferStatus, IAsyncDisposable
{
    /// <summary>Notes that wait at the most; one may be a commit with hundreds of charges.</summary>
    public const int Capacity = 2_000;

    /// <summary>A message's size at the most, in bytes of JSON: 48 KiB, which is 64 KiB in Base64.</summary>
    public const int MaxMessageBytes = 48 * 1024;

    /// <summary>How long the first note of a message waits for more.</summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Channel<AuditMessage> _notes = Channel.CreateBounded<AuditMessage>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly QueueClient _queue;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuditBuffer> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private bool _isDisposed;
    private long _dropped;

    public AuditBuffer(QueueServiceClient queues, TimeProvider clock, ILogger<AuditBuffer> logger)
    {
        _queue = queues.GetQueueClient(StorageNames.AuditEventsQueue);
        _clock = clock;
        _logger = logger;
        _sending = Task.Run(SendAllAsync);
    }

    /// <inheritdoc/>
    public string Queue => StorageNames.AuditEventsQueue;

    /// <inheritdoc/>
    int IAuditBufferStatus.Capacity => Capacity;

    /// <inheritdoc/>
    public int Length => _notes.Reader.Count;

    /// <inheritdoc/>
    public long Dropped => Interlocked.Read(ref _dropped);

    public ValueTask WriteAsync(AuditMessage note, CancellationToken cancellationToken)
    {
        if (note is AuditEvent)
        {
            return _notes.Writer.WriteAsync(note, cancellationToken);
        }

        if (!_notes.Writer.TryWrite(note))
        {
            Interlocked.Increment(ref _dropped);
        }

        return default;
    }

    /// <summary>Sends what waits, as long as the token allows, and takes no more.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _notes.Writer.TryComplete();
        using var giveUp = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A container that knows it under two types disposes it twice.
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await DrainAsync(new CancellationToken(canceled: true));
        _stop.Dispose();
    }

    private async Task SendAllAsync()
    {
        var message = new ArrayBufferWriter<byte>(MaxMessageBytes);
        var next = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(next);
        while (next.WrittenCount > 0 || await _notes.Reader.WaitToReadAsync(_stop.Token))
        {
            await FillAsync(message, next, writer);
            await SendAsync(BinaryData.FromBytes(message.WrittenMemory));
            message.ResetWrittenCount();
        }
    }

    /// <summary>Fills a message. What does not fit any more stays in <paramref name="next"/>.</summary>
    private async Task FillAsync(ArrayBufferWriter<byte> message, ArrayBufferWriter<byte> next, Utf8JsonWriter writer)
    {
        message.Write("["u8);
        using var gathered = new CancellationTokenSource(GatherTime, _clock);
        while (true)
        {
            if (next.WrittenCount == 0)
            {
                if (!_notes.Reader.TryRead(out var note))
                {
                    if (await WaitAsync(gathered.Token))
                    {
                        continue;
                    }

                    break;
                }

                JsonSerializer.Serialize(writer, note, AuditJson.Default.AuditMessage);
                writer.Reset();
            }

            // Room for a comma and the closing bracket.
            if (message.WrittenCount > 1 && message.WrittenCount + next.WrittenCount + 2 > MaxMessageBytes)
            {
                break;
            }

            if (message.WrittenCount > 1)
            {
                message.Write(","u8);
            }

            message.Write(next.WrittenSpan);
            next.ResetWrittenCount();
        }

        message.Write("]"u8);
    }

    /// <summary>Waits for another note. False when the message has waited long enough, or there will be none.</summary>
    private async ValueTask<bool> WaitAsync(CancellationToken gathered)
    {
        try
        {
            return await _notes.Reader.WaitToReadAsync(gathered);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SendAsync(BinaryData message)
    {
        while (true)
        {
            try
            {
                await _queue.SendMessageAsync(message, cancellationToken: _stop.Token);
                return;
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                // A message that arrived although its answer did not is sent twice: its consumer does not mind.
                LogNotSent(_logger, Length, Dropped, failure.GetType().Name);
                await Task.Delay(RetryAfter, _clock, _stop.Token);
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "The queue of audit events did not take a message ({Failure}); {Waiting} notes wait, {Dropped} were dropped so far. Trying again.")]
    private static partial void LogNotSent(ILogger logger, int waiting, long dropped, string failure);
}
