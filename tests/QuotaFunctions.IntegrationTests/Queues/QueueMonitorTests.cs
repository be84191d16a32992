using System.Text;
using Azure.Storage.Queues;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Queues;

/// <summary>Poison messages are seen, and put back as they were.</summary>
public sealed class QueueMonitorTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Name = StorageNames.AuditEventsQueue;

    private readonly QueueMonitor _monitor = new(Options.Create(new StorageOptions { ConnectionString = azurite.ConnectionString }), TimeProvider.System);
    private readonly QueueClient _queue = new(azurite.ConnectionString, Name);
    private readonly QueueClient _poison = new(azurite.ConnectionString, Name + "-poison");

    public async Task InitializeAsync()
    {
        foreach (var name in StorageNames.Queues)
        {
            await new QueueClient(azurite.ConnectionString, name).CreateIfNotExistsAsync();
        }

        await _queue.ClearMessagesAsync();
        await _poison.DeleteIfExistsAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_queue_without_a_poison_queue_has_no_poison()
    {
        Assert.Equal(StorageNames.Queues.Select(name => new QueueStatus(name, 0, 0, null)), await _monitor.ReadAsync(default));
        Assert.Empty(await _monitor.PeekPoisonAsync(Name, default));
        Assert.Equal(new Redrive(0, HasMore: false), await _monitor.RedriveAsync(Name, default));
    }

    [Fact]
    public async Task Poison_messages_are_counted_shown_and_put_back_as_they_were()
    {
        await _poison.CreateAsync();
        var texts = Enumerable.Range(0, 70).Select(number => Convert.ToBase64String(Encoding.UTF8.GetBytes($"[{number}]"))).Append("no Base64 !").ToList();
        foreach (var text in texts)
        {
            await _poison.SendMessageAsync(text);
        }

        await _queue.SendMessageAsync("waits");
        var before = (await _monitor.ReadAsync(default)).Single(queue => queue.Name == Name);
        Assert.Equal((1L, 71L), (before.Length, before.PoisonLength));
        Assert.InRange(before.OldestAge!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var shown = await _monitor.PeekPoisonAsync(Name, default);
        Assert.Equal((QueueMonitor.MaxPeeked, "[0]"), (shown.Count, shown[0].Body));

        Assert.Equal(new Redrive(71, HasMore: false), await _monitor.RedriveAsync(Name, default));

        var after = (await _monitor.ReadAsync(default)).Single(queue => queue.Name == Name);
        Assert.Equal((72L, 0L), (after.Length, after.PoisonLength));
        var moved = new List<string>();
        while ((await _queue.ReceiveMessagesAsync(32)).Value is { Length: > 0 } messages)
        {
            moved.AddRange(messages.Select(message => message.Body.ToString()));
        }

        Assert.Equal(texts.Append("waits").Order(), moved.Order());
    }
}
