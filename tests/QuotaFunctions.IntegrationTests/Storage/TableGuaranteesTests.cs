using System.Net;
using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Storage;

/// <summary>What the quota engine relies on from the storage client and the service: transactions, and how failures look.</summary>
public sealed class TableGuaranteesTests(AzuriteFixture fixture) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private readonly TableClient _table = new(fixture.ConnectionString, AzuriteFixture.UniqueName());
    private StorageFaultProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        _proxy = await StorageFaultProxy.StartAsync(fixture.Azurite);
        await _table.CreateIfNotExistsAsync();
    }

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public async Task All_or_nothing()
    {
        var current = (await _table.AddEntityAsync(new TableEntity("p", "row") { ["Old"] = 1 })).Headers.ETag!.Value;
        await _table.AddEntityAsync(new TableEntity("p", "taken"));

        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => _table.SubmitTransactionAsync(
        [
            Action(TableTransactionActionType.UpdateMerge, "row", current),
            Action(TableTransactionActionType.Add, "new"),
            Action(TableTransactionActionType.Add, "taken"),
        ]));

        Assert.Equal((409, 2), (failure.Status, failure.FailedTransactionActionIndex));
        Assert.Equal(TableErrorCode.EntityAlreadyExists, failure.ErrorCode);
        var rows = await RowsAsync();
        Assert.Equal(["row", "taken"], rows.Keys.Order(StringComparer.Ordinal));
        Assert.False(rows["row"].ContainsKey("New"));

        // and the version is the one from before: the next attempt starts from where it was
        Assert.Equal(current, rows["row"].ETag);
        await _table.SubmitTransactionAsync([Action(TableTransactionActionType.UpdateMerge, "row", current)]);
    }

    [Fact]
    public async Task A_version_that_has_passed_refuses_the_transaction()
    {
        var stale = (await _table.AddEntityAsync(new TableEntity("p", "row"))).Headers.ETag!.Value;
        await _table.UpsertEntityAsync(new TableEntity("p", "row") { ["Old"] = 1 });

        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => _table.SubmitTransactionAsync(
        [
            Action(TableTransactionActionType.UpdateMerge, "row", stale),
            Action(TableTransactionActionType.Add, "new"),
        ]));

        Assert.Equal((412, "UpdateConditionNotSatisfied", 0), (failure.Status, failure.ErrorCode, failure.FailedTransactionActionIndex));
        Assert.Equal(["row"], (await RowsAsync()).Keys);
    }

    [Fact]
    public async Task Of_two_that_start_from_one_version_only_one_is_carried_out()
    {
        var version = (await _table.AddEntityAsync(new TableEntity("p", "row"))).Headers.ETag!.Value;

        var attempts = await Task.WhenAll(Enumerable.Range(0, 8).Select(async attempt =>
        {
            try
            {
                await _table.SubmitTransactionAsync(
                [
                    Action(TableTransactionActionType.UpdateMerge, "row", version),
                    Action(TableTransactionActionType.Add, $"attempt{attempt}"),
                ]);
                return 204;
            }
            catch (TableTransactionFailedException exception)
            {
                return exception.Status;
            }
        }));

        Assert.Single(attempts, 204);
        Assert.All(attempts.Where(status => status != 204), status => Assert.Equal(412, status));
        Assert.Equal(2, (await RowsAsync()).Count);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_refused_by_its_own_echo()
    {
        var table = ThroughProxy(Quick());
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
    public async Task A_refused_connection_counts_as_storage_being_away()
    {
        var endpoint = new Uri($"http://127.0.0.1:{ClosedPort()}/{AzuriteProcess.AccountName}");
        var credential = new TableSharedKeyCredential(AzuriteProcess.AccountName, AzuriteProcess.AccountKey);

        var failure = await Record.ExceptionAsync(() => new TableClient(endpoint, _table.Name, credential, Quick()).GetEntityAsync<TableEntity>("p", "r"));

        Assert.IsType<AggregateException>(failure);
        Assert.True(StorageErrors.IsTransient(failure));
    }

    [Fact]
    public async Task An_answer_that_does_not_come_counts_as_storage_being_away()
    {
        _proxy.Decide = _ => new StorageFault { AnswerDelay = TimeSpan.FromSeconds(30) };
        var options = Quick();
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = TimeSpan.FromMilliseconds(200);

        var failure = await Record.ExceptionAsync(() => ThroughProxy(options).GetEntityAsync<TableEntity>("p", "r"));

        Assert.IsType<TaskCanceledException>(failure);
        Assert.True(StorageErrors.IsTransient(failure));
    }

    private static TableClientOptions Quick() => new()
    {
        Retry = { MaxRetries = 3, Mode = RetryMode.Fixed, Delay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(1) },
    };

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static TableTransactionAction Action(TableTransactionActionType type, string row, ETag version = default)
        => new(type, new TableEntity("p", row) { ["New"] = 2 }, version);

    private TableClient ThroughProxy(TableClientOptions options) => new(_proxy.ConnectionString, _table.Name, options);

    private async Task<Dictionary<string, TableEntity>> RowsAsync()
    {
        var rows = new Dictionary<string, TableEntity>();
        await foreach (var entity in _table.QueryAsync<TableEntity>())
        {
            rows.Add(entity.RowKey, entity);
        }

        return rows;
    }
}
