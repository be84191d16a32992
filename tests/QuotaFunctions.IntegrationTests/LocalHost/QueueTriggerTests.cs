using System.Text;
using Azure.Storage.Queues;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.LocalHost;

public sealed class QueueTriggerTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private readonly Probe _probe = new();
    private readonly string _name = AzuriteFixture.UniqueName("q");
    private QueueClient _queue = null!;
    private QueueClient _poison = null!;

    public async Task InitializeAsync()
    {
        _queue = new QueueClient(azurite.ConnectionString, _name);
        _poison = new QueueClient(azurite.ConnectionString, $"{_name}-poison");
        await _queue.CreateIfNotExistsAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_message_runs_the_function_once_and_is_gone()
    {
        await using var host = await StartAsync();
        await SendAsync("hello, wörld");
        await Eventually.TrueAsync(IsEmptyAsync);

        Assert.Equal(["hello, wörld"], _probe.Messages);
        var data = _probe.BindingData.Single();
        Assert.Equal(1L, data["DequeueCount"]);
        Assert.IsType<string>(data["id"]);
        Assert.False(await _poison.ExistsAsync());
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_yet_is_an_empty_one()
    {
        await _queue.DeleteIfExistsAsync();
        await using var host = await StartAsync();
        await _queue.CreateIfNotExistsAsync();
        await SendAsync("late");
        await Eventually.TrueAsync(() => _probe.Messages is ["late"]);
    }

    /// <summary>As long as nobody may see it, a queue with such a message is an empty one: so it is in the Functions host.</summary>
    [Fact]
    public async Task A_message_with_a_delay_runs_the_function_when_it_has_passed()
    {
        await using var host = await StartAsync();
        var sent = TimeProvider.System.GetTimestamp();
        await _queue.SendMessageAsync(Convert.ToBase64String("later"u8), TimeSpan.FromSeconds(2));
        await SendAsync("now");
        await Eventually.TrueAsync(() => _probe.Messages.Count == 2);

        Assert.Equal(["now", "later"], _probe.Messages);
        Assert.InRange(TimeProvider.System.GetElapsedTime(sent), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20));
        await Eventually.TrueAsync(IsEmptyAsync);
    }

    [Fact]
    public async Task A_message_that_keeps_failing_goes_to_the_poison_queue_after_maxDequeueCount_tries()
    {
        _probe.OnMessage = (_, _) => throw new InvalidOperationException("on purpose");
        await using var host = await StartAsync(queues: """ "maxDequeueCount": 3 """);
        await SendAsync("bad");
        var poison = await Eventually.GetAsync(PoisonedAsync);

        Assert.Equal("bad", poison);
        Assert.Equal(["bad", "bad", "bad"], _probe.Messages);
        Assert.Equal([1L, 2L, 3L], _probe.BindingData.Select(data => data["DequeueCount"]));
        await Eventually.TrueAsync(IsEmptyAsync);
    }

    [Fact]
    public async Task A_message_that_failed_is_tried_again_after_visibilityTimeout()
    {
        var time = TimeProvider.System;
        var tries = new List<long>();
        _probe.OnMessage = (_, _) =>
        {
            tries.Add(time.GetTimestamp());
            return tries.Count == 1 ? throw new InvalidOperationException("on purpose") : Task.CompletedTask;
        };
        await using var host = await StartAsync(queues: """ "visibilityTimeout": "00:00:02" """);
        await SendAsync("once more");
        await Eventually.TrueAsync(() => tries.Count == 2);
        Assert.InRange(time.GetElapsedTime(tries[0], tries[1]), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(20));
        await Eventually.TrueAsync(IsEmptyAsync);
    }

    [Fact]
    public async Task A_message_that_is_not_Base64_goes_to_the_poison_queue_as_it_is()
    {
        await using var host = await StartAsync();
        await _queue.SendMessageAsync("<not base64>");
        var poison = await Eventually.GetAsync(async () =>
            await _poison.ExistsAsync() && (await _poison.ReceiveMessagesAsync()).Value is [var message] ? message.Body.ToString() : null);
        Assert.Equal("<not base64>", poison);
        Assert.Empty(_probe.Messages);
    }

    [Fact]
    public async Task A_message_that_a_dead_process_held_comes_back_and_one_that_killed_too_many_is_poisoned_unseen()
    {
        await SendAsync("deadly");
        for (var count = 0; count < 2; count++)
        {
            // As a process that dies over it would leave it.
            await Eventually.TrueAsync(async () => (await _queue.ReceiveMessagesAsync(1, TimeSpan.FromSeconds(1))).Value.Length == 1);
        }

        await using var host = await StartAsync(queues: """ "maxDequeueCount": 2 """);
        Assert.Equal("deadly", await Eventually.GetAsync(PoisonedAsync));
        Assert.Empty(_probe.Messages);
    }

    [Fact]
    public async Task While_its_function_runs_a_message_is_kept_invisible()
    {
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        var renewals = 0;
        proxy.Decide = request =>
        {
            if (request.Method == "PUT" && request.PathAndQuery.Contains("/messages/", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref renewals);
            }

            return StorageFault.None;
        };
        _probe.OnMessage = (_, token) => Eventually.TrueAsync(() => Volatile.Read(ref renewals) >= 4);
        await using var host = await StartAsync(connection: proxy.ConnectionString, lease: TimeSpan.FromSeconds(2));
        await SendAsync("long");
        await Eventually.TrueAsync(IsEmptyAsync);

        // Four renewals are twice the lease: without them another poll would have got it by now.
        Assert.Equal(["long"], _probe.Messages);
    }

    [Fact]
    public async Task At_most_batchSize_plus_newBatchThreshold_run_at_once()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _probe.OnMessage = (_, token) => gate.Task.WaitAsync(token);
        for (var index = 0; index < 12; index++)
        {
            await SendAsync($"{index}");
        }

        await using var host = await StartAsync(queues: """ "batchSize": 4, "newBatchThreshold": 2 """);
        await Eventually.TrueAsync(() => _probe.Running == 4);
        gate.SetResult();
        await Eventually.TrueAsync(IsEmptyAsync);
        Assert.Equal(12, _probe.Messages.Distinct().Count());
        Assert.InRange(_probe.MostAtOnce, 4, 6);
    }

    [Fact]
    public async Task Two_hosts_share_a_queue()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), async (index, _) => await SendAsync($"{index}"));
        await Eventually.TrueAsync(() => _probe.Messages.Count >= 60);
        await Eventually.TrueAsync(IsEmptyAsync);
        Assert.Equal(60, _probe.Messages.Count);
        Assert.Equal(60, _probe.Messages.Distinct().Count());
    }

    [Fact]
    public async Task A_stop_takes_no_new_messages_and_lets_running_functions_finish()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _probe.OnMessage = (_, token) => gate.Task.WaitAsync(token);
        await using var host = await StartAsync(queues: """ "batchSize": 1, "newBatchThreshold": 0 """);
        await SendAsync("under way");
        await SendAsync("still waiting");
        await Eventually.TrueAsync(() => _probe.Running == 1);
        var stop = host.StopAsync();
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop;

        Assert.Single(_probe.Messages);
        Assert.Equal(1, (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount);
        Assert.Equal(1, (await _queue.ReceiveMessagesAsync()).Value.Single().DequeueCount);
    }

    [Fact]
    public async Task A_function_that_outlasts_the_drain_is_asked_to_stop_and_its_message_comes_back()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _probe.OnMessage = (_, token) => gate.Task.WaitAsync(token);
        await using (var host = await StartAsync(drain: TimeSpan.FromMilliseconds(200)))
        {
            await SendAsync("endless");
            await Eventually.TrueAsync(() => _probe.Running == 1);
        }

        Assert.Equal(0, _probe.Running);
        Assert.Equal(2, (await _queue.ReceiveMessagesAsync()).Value.Single().DequeueCount);
    }

    [Fact]
    public async Task Storage_that_goes_away_and_comes_back_needs_no_restart()
    {
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var host = await StartAsync(connection: proxy.ConnectionString);
        await SendAsync("before");
        await Eventually.TrueAsync(() => _probe.Messages is ["before"]);
        var cut = 0;
        proxy.Decide = _ =>
        {
            Interlocked.Increment(ref cut);
            return StorageFault.CutBefore;
        };
        await SendAsync("meanwhile");
        await Eventually.TrueAsync(() => Volatile.Read(ref cut) >= 5);
        proxy.Decide = _ => StorageFault.None;
        await Eventually.TrueAsync(() => _probe.Messages is ["before", "meanwhile"], TimeSpan.FromSeconds(60));
    }

    private Task<LocalFunctionsHost> StartAsync(string queues = "", string? connection = null, TimeSpan? lease = null, TimeSpan? drain = null)
    {
        var root = Directory.CreateTempSubdirectory("queues-");
        try
        {
            var separator = queues.Length > 0 ? "," : "";
            File.WriteAllText(
                Path.Combine(root.FullName, "host.json"),
                $$"""{ "version": "2.0", "extensions": { "queues": { "maxPollingInterval": "00:00:00.2" {{separator}} {{queues}} } } }""");
            return LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
            {
                Assembly = typeof(QueueTriggerTests).Assembly,
                IncludeType = type => type == typeof(Functions),
                Configure = (app, _) => app.Services.AddSingleton(_probe),
                RootDirectory = root.FullName,
                Settings = new Dictionary<string, string?> { ["AzureWebJobsStorage"] = connection ?? azurite.ConnectionString, ["QUEUE"] = _name },
                UseEnvironment = false,
                MessageLease = lease ?? TimeSpan.FromMinutes(10),
                DrainTimeout = drain ?? TimeSpan.FromSeconds(30),
            });
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private async Task SendAsync(string text) => await _queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    private async Task<bool> IsEmptyAsync() => (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0;

    private async Task<string?> PoisonedAsync() => await _poison.ExistsAsync() && (await _poison.ReceiveMessagesAsync()).Value is [var message]
        ? Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString()))
        : null;

    private sealed class Probe
    {
        private readonly Lock _gate = new();
        private readonly List<string> _messages = [];

        public Func<string, CancellationToken, Task> OnMessage { get; set; } = (_, _) => Task.CompletedTask;

        public List<IReadOnlyDictionary<string, object?>> BindingData { get; } = [];

        public int Running { get; private set; }

        public int MostAtOnce { get; private set; }

        public IReadOnlyList<string> Messages
        {
            get
            {
                lock (_gate)
                {
                    return [.. _messages];
                }
            }
        }

        public async Task RunAsync(string message, FunctionContext context)
        {
            lock (_gate)
            {
                _messages.Add(message);
                BindingData.Add(context.BindingContext.BindingData);
                MostAtOnce = Math.Max(MostAtOnce, ++Running);
            }

            try
            {
                await OnMessage(message, context.CancellationToken);
            }
            finally
            {
                lock (_gate)
                {
                    Running--;
                }
            }
        }
    }

    private sealed class Functions(Probe probe)
    {
        [Function("Reader")]
        public Task RunAsync([QueueTrigger("%QUEUE%")] string message, FunctionContext context) => probe.RunAsync(message, context);
    }
}
