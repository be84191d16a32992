using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Queues;

/// <summary>How a queue stands.</summary>
/// <param name="Name">The queue.</param>
/// <param name="Length">Messages in it, approximately; those that are hidden for now are counted.</param>
/// <param name="PoisonLength">Messages in its poison queue, approximately.</param>
/// <param name="OldestAge">How long the oldest message that can be seen has waited; null where there is none.</param>
public sealed record QueueStatus(string Name, long Length, long PoisonLength, TimeSpan? OldestAge);

/// <summary>A message that its function failed on too often.</summary>
/// <param name="Id">The message's id in the poison queue.</param>
/// <param name="At">When it came there.</param>
/// <param name="Body">Its text.</param>
public sealed record PoisonMessage(string Id, DateTimeOffset? At, string Body);

/// <summary>What a redrive did.</summary>
/// <param name="Moved">Messages that were put back.</param>
/// <param name="HasMore">True where more are left: redrive again.</param>
public sealed record Redrive(int Moved, bool HasMore);

/// <summary>Watches the service's queues, and puts poison messages back.</summary>
public sealed class QueueMonitor
{
    /// <summary>Poison messages that are shown at the most, by the service's limit.</summary>
    public const int MaxPeeked = 32;

    /// <summary>Messages that one redrive moves at the most: it is to be over well before a request is.</summary>
    public const int MaxMoved = 1000;

    /// <summary>How long a message that is moved is hidden: another redrive does not move it, and it comes back where this one dies.</summary>
    private static readonly TimeSpan MoveTime = TimeSpan.FromMinutes(1);

    private readonly QueueServiceClient _queues;
    private readonly TimeProvider _clock;

    /// <summary>With the queues of the settings. A message is moved as it is, also one that is no Base64.</summary>
    public QueueMonitor(IOptions<StorageOptions> options, TimeProvider clock)
    {
        _queues = StorageClients.Queues(options.Value, QueueMessageEncoding.None);
        _clock = clock;
    }

    /// <summary>True for a queue of the service.</summary>
    public static bool Has(string name) => StorageNames.Queues.Contains(name);

    /// <summary>How every queue stands.</summary>
    public async Task<IReadOnlyList<QueueStatus>> ReadAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(StorageNames.Queues.Select(name => ReadAsync(name, cancellationToken)));

    /// <summary>The oldest messages of a queue's poison queue, <see cref="MaxPeeked"/> at the most; they stay there.</summary>
    public async Task<IReadOnlyList<PoisonMessage>> PeekPoisonAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var messages = await Poison(name).PeekMessagesAsync(MaxPeeked, cancellationToken);
            return [.. messages.Value.Select(message => new PoisonMessage(message.MessageId, message.InsertedOn, Decode(message.Body.ToString())))];
        }
        catch (RequestFailedException missing) when (IsMissing(missing))
        {
            return [];
        }
    }

    /// <summary>
    /// Puts the messages of a queue's poison queue back into the queue. A message is deleted only after it was put back: where this is
    /// interrupted in between, it comes twice, which the service's functions do not mind.
    /// </summary>
    public async Task<Redrive> RedriveAsync(string name, CancellationToken cancellationToken)
    {
        var (queue, poison) = (_queues.GetQueueClient(name), Poison(name));
        for (var moved = 0; ;)
        {
            if (moved >= MaxMoved)
            {
                return new Redrive(moved, HasMore: true);
            }

            QueueMessage[] messages;
            try
            {
                messages = (await poison.ReceiveMessagesAsync(MaxPeeked, MoveTime, cancellationToken)).Value;
            }
            catch (RequestFailedException missing) when (IsMissing(missing))
            {
                messages = [];
            }

            if (messages.Length == 0)
            {
                return new Redrive(moved, HasMore: false);
            }

            foreach (var message in messages)
            {
                await queue.SendMessageAsync(message.Body, cancellationToken: cancellationToken);
                await poison.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
                moved++;
            }
        }
    }

    private async Task<QueueStatus> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var queue = _queues.GetQueueClient(name);
        var length = LengthAsync(queue, cancellationToken);
        var poison = LengthAsync(Poison(name), cancellationToken);
        var oldest = (await queue.PeekMessageAsync(cancellationToken)).Value?.InsertedOn;
        return new QueueStatus(name, await length, await poison, oldest is { } at ? Max(_clock.GetUtcNow() - at) : null);

        static TimeSpan Max(TimeSpan age) => age < TimeSpan.Zero ? TimeSpan.Zero : age;
    }

    private static async Task<long> LengthAsync(QueueClient queue, CancellationToken cancellationToken)
    {
        try
        {
            return (await queue.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCountLong;
        }
        catch (RequestFailedException missing) when (IsMissing(missing))
        {
            // The host makes a poison queue as it needs it.
            return 0;
        }
    }

    private static bool IsMissing(RequestFailedException failure) => failure.ErrorCode == QueueErrorCode.QueueNotFound;

    private static string Decode(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(PackedText.Unpack(Encoding.UTF8.GetString(Convert.FromBase64String(text))).Span);
        }
        catch (FormatException)
        {
            return text;
        }
    }

    private QueueClient Poison(string name) => _queues.GetQueueClient(StorageNames.PoisonOf(name));
}
