using System.Net;
using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class StorageRetryTests(AzuriteFixture fixture) : IAsyncLifetime
{
    private readonly string _name = AzuriteFixture.UniqueName();
    private StorageFaultProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        _proxy = await StorageFaultProxy.StartAsync(fixture.Azurite);
        await new TableClient(fixture.ConnectionString, _name).CreateIfNotExistsAsync();
        await new QueueClient(fixture.ConnectionString, _name).CreateIfNotExistsAsync();
    }

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public void Retries_are_set_as_in_the_packages()
    {
        var table = new TableClientOptions().Retry;
        Assert.Equal(
            (3, RetryMode.Exponential, TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(100)),
            (table.MaxRetries, table.Mode, table.Delay, table.NetworkTimeout));
        Assert.Equal(5, new QueueClientOptions().Retry.MaxRetries);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task What_fails_for_the_moment_is_tried_again(int status)
    {
        _proxy.Decide = request => request.Number <= 2 ? StorageFault.Error(status, carriedOut: false) : StorageFault.None;

        Assert.Equal(204, (await Table().AddEntityAsync(new TableEntity("p", "r"))).Status);

        Assert.Equal(3, _proxy.Requests);
    }

    [Fact]
    public async Task Queue_requests_are_tried_again_too()
    {
        _proxy.Decide = request => request.Number <= 2 ? StorageFault.Error(503, carriedOut: false) : StorageFault.None;

        await Queue().SendMessageAsync("text");

        Assert.Equal(3, _proxy.Requests);
        Assert.Equal("text", (await Queue().PeekMessageAsync()).Value.MessageText);
    }

    [Fact]
    public async Task When_no_retries_are_left_the_last_answer_is_the_error()
    {
        _proxy.Decide = _ => StorageFault.Error(503, carriedOut: false);

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => Table().AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal((503, "ServerBusy"), (failure.Status, failure.ErrorCode));
        Assert.Equal(4, _proxy.Requests);

        failure = await Assert.ThrowsAsync<RequestFailedException>(() => Queue().SendMessageAsync("text"));
        Assert.Equal((503, "ServerBusy"), (failure.Status, failure.ErrorCode));
        Assert.Equal(8, _proxy.Requests);
    }

    [Fact]
    public async Task What_the_service_refuses_is_not_tried_again()
    {
        await Assert.ThrowsAsync<RequestFailedException>(() => Table().GetEntityAsync<TableEntity>("p", "none"));
        await Assert.ThrowsAsync<RequestFailedException>(() => Table().UpdateEntityAsync(new TableEntity("p", "none"), ETag.All));
        await Assert.ThrowsAsync<RequestFailedException>(() => Queue(AzuriteFixture.UniqueName()).SendMessageAsync("text"));

        Assert.Equal(3, _proxy.Requests);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_refused_by_its_own_echo()
    {
        var table = Table();
        var version = (await table.AddEntityAsync(new TableEntity("p", "row"))).Headers.ETag!.Value;
        var lost = false;
        _proxy.Decide = request => request.IsTransaction && !Interlocked.Exchange(ref lost, true) ? StorageFault.CutAfter : StorageFault.None;

        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateMerge, new TableEntity("p", "row") { ["N"] = 1 }, version),
            new(TableTransactionActionType.Add, new TableEntity("p", "commit")),
        ]));

        Assert.Equal(412, failure.Status);
        Assert.True((await table.GetEntityIfExistsAsync<TableEntity>("p", "commit")).HasValue);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_anything_happened_costs_only_time()
    {
        _proxy.Decide = request => request.Number <= 2 ? StorageFault.CutBefore : StorageFault.None;

        await Table().SubmitTransactionAsync([new(TableTransactionActionType.Add, new TableEntity("p", "row"))]);

        Assert.Equal(3, _proxy.Requests);
    }

    [Fact]
    public async Task A_refused_connection_is_reported_with_all_its_attempts()
    {
        var endpoint = $"http://127.0.0.1:{ClosedPort()}/{AzuriteProcess.AccountName}";
        var credential = new TableSharedKeyCredential(AzuriteProcess.AccountName, AzuriteProcess.AccountKey);

        var failure = await Assert.ThrowsAsync<AggregateException>(
            () => new TableClient(new Uri(endpoint), _name, credential, Quick(new TableClientOptions())).GetEntityAsync<TableEntity>("p", "r"));
        Assert.Equal(4, failure.InnerExceptions.Count);
        Assert.All(failure.InnerExceptions, inner => Assert.Equal(0, Assert.IsType<RequestFailedException>(inner).Status));

        var once = Quick(new TableClientOptions());
        once.Retry.MaxRetries = 0;
        await Assert.ThrowsAsync<RequestFailedException>(
            () => new TableClient(new Uri(endpoint), _name, credential, once).GetEntityAsync<TableEntity>("p", "r"));
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_a_cancellation_that_nobody_asked_for()
    {
        _proxy.Decide = _ => new StorageFault { AnswerDelay = TimeSpan.FromSeconds(30) };
        var options = Quick(new TableClientOptions());
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = TimeSpan.FromMilliseconds(200);

        await Assert.ThrowsAsync<TaskCanceledException>(
            () => new TableClient(_proxy.ConnectionString, _name, options).GetEntityAsync<TableEntity>("p", "r"));
    }

    private static T Quick<T>(T options)
        where T : ClientOptions
    {
        options.Retry.MaxRetries = 3;
        options.Retry.Mode = RetryMode.Fixed;
        options.Retry.Delay = options.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        return options;
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private TableClient Table() => new(_proxy.ConnectionString, _name, Quick(new TableClientOptions()));

    private QueueClient Queue(string? name = null) => new(_proxy.ConnectionString, name ?? _name, Quick(new QueueClientOptions()));
}
