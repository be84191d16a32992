using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Moq;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>Queues that remember what was sent, and when it is seen.</summary>
internal sealed class SimulatedQueues(World world) : QueueServiceClient
{
    /// <summary>What was sent: to which queue, and from when on it is seen there.</summary>
    public List<(string Queue, DateTimeOffset SeenAt)> Sent { get; } = [];

    /// <summary>What was sent, with its text.</summary>
    public List<(string Queue, string Text, DateTimeOffset SeenAt)> Messages { get; } = [];

    /// <summary>True while nobody reaches the queues.</summary>
    public bool IsDown { get; set; }

    public override QueueClient GetQueueClient(string queueName) => new SimulatedQueue(this, queueName);

    private sealed class SimulatedQueue(SimulatedQueues queues, string name) : QueueClient
    {
        public override Task<Response> CreateIfNotExistsAsync(IDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(Mock.Of<Response>());

        public override Task<Response<SendReceipt>> SendMessageAsync(
            BinaryData message, TimeSpan? visibilityTimeout = null, TimeSpan? timeToLive = null, CancellationToken cancellationToken = default)
        {
            if (queues.IsDown)
            {
                throw new RequestFailedException(503, "Injected.", "ServerBusy", null);
            }

            queues.Messages.Add((name, message.ToString(), queues.World.ServiceTime + (visibilityTimeout ?? TimeSpan.Zero)));
            queues.Sent.Add((name, queues.World.ServiceTime + (visibilityTimeout ?? TimeSpan.Zero)));
            return Task.FromResult(Response.FromValue<SendReceipt>(null!, Mock.Of<Response>()));
        }
    }

    private World World => world;
}
