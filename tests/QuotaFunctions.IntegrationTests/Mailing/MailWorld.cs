using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Mailing;

/// <summary>An outbox on a real table and queue, with a transport that does as it is told. Its clock stands until it is moved.</summary>
internal sealed class MailWorld : IMailTransport
{
    private readonly TableServiceClient _tables;
    private readonly StorageNames _names;
    private readonly QueueClient _queue;
    private readonly QueueClient _poison;

    private MailWorld(string connectionString)
    {
        _tables = new TableServiceClient(connectionString);
        _names = new StorageNames(Options.Create(new StorageOptions { TablePrefix = AzuriteFixture.UniqueName()[..16] }));
        var queues = new QueueServiceClient(connectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        _queue = queues.GetQueueClient(StorageNames.MailOutboxQueue);
        _poison = queues.GetQueueClient(StorageNames.MailOutboxQueue + "-poison");
        Table = new MailTable(_tables, _names, NullLogger<MailTable>.Instance);
        Queue = new MailQueue(queues);
        Outbox = new MailOutbox(Table, Queue, Options.Create(new MailOptions { From = "Quotas <quotas@example.com>" }));
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 12, 1, 7, 0, 0, TimeSpan.Zero));

    public MailTable Table { get; }

    public MailQueue Queue { get; }

    public MailOutbox Outbox { get; }

    /// <summary>What was handed over.</summary>
    public List<(string Id, string Recipient, byte[] Content)> Sent { get; } = [];

    /// <summary>What happens to a mail; null: it is taken.</summary>
    public Func<string, CancellationToken, Task>? OnSend { get; set; }

    public string Destination => "the test";

    public static async Task<MailWorld> StartAsync(string connectionString)
    {
        var world = new MailWorld(connectionString);
        await world._tables.GetTableClient(world._names.Mails).CreateAsync();
        await world._queue.CreateIfNotExistsAsync();
        await world._queue.ClearMessagesAsync();
        await world._poison.DeleteIfExistsAsync();
        return world;
    }

    public static Mail Mail(string id, string recipient = "ops@example.com") => new()
    {
        Id = id,
        Recipient = recipient,
        Subject = "配额报告",
        Text = "Hello",
        Attachments = [new MailAttachment("a.bin", "application/octet-stream", new byte[100_000])],
        CreatedAt = new DateTimeOffset(2026, 12, 1, 7, 0, 0, TimeSpan.Zero),
    };

    public async Task SendAsync(string id, string recipient, byte[] content, CancellationToken cancellationToken)
    {
        if (OnSend is { } handle)
        {
            await handle(id, cancellationToken);
        }

        Sent.Add((id, recipient, content));
    }

    /// <summary>Another instance.</summary>
    public MailSender Sender(IMailTransport? transport = null, TimeProvider? clock = null) =>
        new(Table, Queue, transport ?? this, clock ?? Clock, NullLogger<MailSender>.Instance);

    /// <summary>Delivers a message, as the host does.</summary>
    public Task DeliverAsync(string id, int attempt) => Sender().SendAsync(Message(id, attempt), default);

    public static string Message(string id, int attempt) => JsonSerializer.Serialize(new MailRequest(id, attempt), MailJson.Default.MailRequest);

    public async Task<MailHead> HeadAsync(string id) => (await Table.FindAsync(id, default))!;

    /// <summary>How many rows a mail has, with its head.</summary>
    public async Task<int> RowsAsync(string id) =>
        await _tables.GetTableClient(_names.Mails).QueryAsync<TableEntity>(row => row.PartitionKey == id).CountAsync();

    /// <summary>Takes what can be seen in the queue.</summary>
    public Task<IReadOnlyList<MailRequest>> TakeAsync() => TakeAsync(_queue);

    /// <summary>Takes what is in the poison queue.</summary>
    public Task<IReadOnlyList<MailRequest>> TakePoisonAsync() => TakeAsync(_poison);

    /// <summary>How many messages are in the queue, also those that are hidden for now.</summary>
    public async Task<int> QueuedAsync() => (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount;

    public Task ClearQueueAsync() => _queue.ClearMessagesAsync();

    private static async Task<IReadOnlyList<MailRequest>> TakeAsync(QueueClient queue)
    {
        try
        {
            var messages = (await queue.ReceiveMessagesAsync(32)).Value;
            foreach (var message in messages)
            {
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            }

            return [.. messages.Select(message => MailQueue.Read(message.Body.ToString()))];
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return [];
        }
    }
}
