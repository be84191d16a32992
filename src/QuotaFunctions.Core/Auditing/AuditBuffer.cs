using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Queues;

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

    /// <summary>Bytes of JSON that are not made to wait for more: about as much as fits into a message, packed.</summary>
    private const int EnoughBytes = 192 * 1024;

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
        var notes = new List<Note>();
        while (notes.Count > 0 || await _notes.Reader.WaitToReadAsync(_stop.Token))
        {
            var isFull = await GatherAsync(notes);
            var heldBack = isFull ? HoldBack(notes) : [];
            await SendAsync(notes);
            notes = heldBack;
        }
    }

    /// <summary>Takes what a message is to tell. True where that is enough for one.</summary>
    private async Task<bool> GatherAsync(List<Note> notes)
    {
        using var gathered = new CancellationTokenSource(GatherTime, _clock);
        for (var bytes = notes.Sum(note => note.Json.Length); bytes < EnoughBytes;)
        {
            if (_notes.Reader.TryRead(out var told))
            {
                notes.Add(Note.Of(told));
                bytes += notes[^1].Json.Length;
            }
            else if (!await WaitAsync(gathered.Token))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Takes out of a full message what it tells of commits that it does not tell all of: the rest is about to come, and a commit that one message tells
    /// all of is compacted at once, while another is left to the sweeper. Where these are the most, calls take long, and nothing is held back; nor is
    /// anything twice.
    /// </summary>
    private static List<Note> HoldBack(List<Note> notes)
    {
        var heldBack = notes.Where(note => note.Entry is not null)
            .GroupBy(note => (note.AccountId, note.Entry!.Value.Sequence))
            .Where(commit => commit.DistinctBy(note => note.Entry!.Value.Index).Count() < commit.First().Entry!.Value.Count)
            .SelectMany(commit => commit)
            .Where(note => !note.IsHeldBack)
            .ToHashSet();
        if (heldBack.Count > notes.Count / 2)
        {
            return [];
        }

        notes.RemoveAll(heldBack.Contains);
        return [.. heldBack.Select(note => note with { IsHeldBack = true })];
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

    /// <summary>Sends notes, in two messages or more where they do not fit into one.</summary>
    private async Task SendAsync(List<Note> notes)
    {
        if (PackedText.TryPack(ToJson(notes), out var message))
        {
            await SendAsync(message);
        }
        else if (notes.Count > 1)
        {
            await SendAsync(notes[..(notes.Count / 2)]);
            await SendAsync(notes[(notes.Count / 2)..]);
        }
        else
        {
            // No text that is taken is so long
            Interlocked.Increment(ref _dropped);
        }
    }

    private async Task SendAsync(string message)
    {
        while (true)
        {
            try
            {
                await _queue.SendMessageAsync(BinaryData.FromString(message), cancellationToken: _stop.Token);
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

    private static ReadOnlySpan<byte> ToJson(List<Note> notes)
    {
        var json = new ArrayBufferWriter<byte>(notes.Sum(note => note.Json.Length + 1) + 1);
        for (var index = 0; index < notes.Count; index++)
        {
            json.Write(index == 0 ? "["u8 : ","u8);
            json.Write(notes[index].Json);
        }

        json.Write("]"u8);
        return json.WrittenSpan;
    }

    [LoggerMessage(2001, LogLevel.Warning, "The queue of audit events did not take a message ({Failure}); {Waiting} notes wait, {Dropped} were dropped so far. Trying again.")]
    private static partial void LogNotSent(ILogger logger, int waiting, long dropped, string failure);

    /// <summary>A note that waits to be sent.</summary>
    /// <param name="Json">As it is sent.</param>
    /// <param name="AccountId">The account.</param>
    /// <param name="Entry">The ledger's entry of the charge whose end it tells; null for another note.</param>
    /// <param name="IsHeldBack">Whether a message went out without it already.</param>
    private sealed record Note(byte[] Json, string AccountId, LedgerEntryRef? Entry, bool IsHeldBack = false)
    {
        public static Note Of(AuditMessage told) => new(
            JsonSerializer.SerializeToUtf8Bytes(told, AuditJson.Default.AuditMessage), told.AccountId, told is AuditEvent { Ledger: [var entry, ..] } ? entry : null);
    }
}
