using System.Globalization;
using System.Net;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class TableClientTests(AzuriteFixture fixture) : IAsyncLifetime
{
    private readonly TableServiceClient _service = new(fixture.ConnectionString);
    private readonly TableClient _table = new(fixture.ConnectionString, AzuriteFixture.UniqueName());

    public async Task InitializeAsync() => await _table.CreateIfNotExistsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_table_that_exists_is_no_error_and_neither_is_deleting_one_that_does_not()
    {
        var name = AzuriteFixture.UniqueName();

        Assert.Equal(204, (await _service.CreateTableIfNotExistsAsync(name)).GetRawResponse().Status);
        Assert.Equal(409, (await _service.CreateTableIfNotExistsAsync(name)).GetRawResponse().Status);
        Assert.Equal(name, (await _service.GetTableClient(name).CreateIfNotExistsAsync()).Value.Name);
        Assert.Equal(204, (await _service.DeleteTableAsync(name)).Status);
        Assert.Equal(404, (await _service.DeleteTableAsync(name)).Status);
    }

    [Fact]
    public async Task Tables_are_listed_by_filter()
    {
        var names = new List<string>();
        await foreach (var table in _service.QueryAsync(TableServiceClient.CreateQueryFilter($"TableName eq {_table.Name}")))
        {
            names.Add(table.Name);
        }

        Assert.Equal([_table.Name], names);
    }

    [Fact]
    public async Task The_service_answers_for_its_properties() => Assert.Equal(200, (await _service.GetPropertiesAsync()).GetRawResponse().Status);

    [Fact]
    public async Task What_exists_cannot_be_added_again()
    {
        await _table.AddEntityAsync(new TableEntity("p", "r"));

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _table.AddEntityAsync(new TableEntity("p", "r")));

        Assert.Equal(409, failure.Status);
        Assert.Equal(TableErrorCode.EntityAlreadyExists, failure.ErrorCode);
    }

    [Fact]
    public async Task What_does_not_exist_is_an_error_or_no_value()
    {
        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _table.GetEntityAsync<TableEntity>("p", "none"));
        Assert.Equal((404, "ResourceNotFound"), (failure.Status, failure.ErrorCode));

        var nothing = await _table.GetEntityIfExistsAsync<TableEntity>("p", "none");
        Assert.False(nothing.HasValue);
        Assert.Equal(404, nothing.GetRawResponse().Status);
        Assert.Throws<InvalidOperationException>(() => nothing.Value);

        failure = await Assert.ThrowsAsync<RequestFailedException>(
            () => _service.GetTableClient(AzuriteFixture.UniqueName()).AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal(TableErrorCode.TableNotFound, failure.ErrorCode);
    }

    [Fact]
    public async Task Only_what_is_selected_comes_back()
    {
        await _table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1, ["B"] = 2 });

        var read = (await _table.GetEntityAsync<TableEntity>("p", "r", ["A"])).Value;

        Assert.Equal(1, read.GetInt32("A"));
        Assert.False(read.ContainsKey("B"));
    }

    [Fact]
    public async Task An_update_wants_an_etag()
    {
        await _table.AddEntityAsync(new TableEntity("p", "r") { ["N"] = 1 });

        await Assert.ThrowsAsync<ArgumentException>(async () => await _table.UpdateEntityAsync(new TableEntity("p", "r") { ["N"] = 2 }, default));

        Assert.Equal(1, (await _table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("N"));
    }

    [Fact]
    public async Task An_update_holds_only_for_the_version_it_was_made_from()
    {
        var entity = new TableEntity("p", "r") { ["N"] = 1 };
        var first = (await _table.AddEntityAsync(entity)).Headers.ETag!.Value;
        Assert.Equal(first, (await _table.GetEntityAsync<TableEntity>("p", "r")).Value.ETag);

        entity["N"] = 2;
        var second = (await _table.UpdateEntityAsync(entity, first)).Headers.ETag!.Value;
        Assert.NotEqual(first, second);
        Assert.Equal(default, entity.ETag);

        entity["N"] = 3;
        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _table.UpdateEntityAsync(entity, first));
        Assert.Equal((412, "UpdateConditionNotSatisfied"), (failure.Status, failure.ErrorCode));
        Assert.Equal(2, (await _table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("N"));

        await _table.UpdateEntityAsync(entity, ETag.All);
        Assert.Equal(3, (await _table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("N"));
    }

    [Fact]
    public async Task A_merge_keeps_what_a_replacement_drops()
    {
        await _table.UpsertEntityAsync(new TableEntity("p", "r") { ["A"] = 1 });

        await _table.UpsertEntityAsync(new TableEntity("p", "r") { ["B"] = 2 });
        Assert.Equal(1, (await _table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("A"));

        await _table.UpdateEntityAsync(new TableEntity("p", "r") { ["C"] = 3 }, ETag.All, TableUpdateMode.Replace);
        var read = (await _table.GetEntityAsync<TableEntity>("p", "r")).Value;
        Assert.Equal((null, null, 3), (read.GetInt32("A"), read.GetInt32("B"), read.GetInt32("C")));

        await _table.UpsertEntityAsync(new TableEntity("p", "r") { ["D"] = 4 }, TableUpdateMode.Replace);
        Assert.False((await _table.GetEntityAsync<TableEntity>("p", "r")).Value.ContainsKey("C"));
    }

    [Fact]
    public async Task A_deletion_is_unconditional_unless_a_version_is_given()
    {
        var stale = (await _table.AddEntityAsync(new TableEntity("p", "r"))).Headers.ETag!.Value;
        await _table.UpsertEntityAsync(new TableEntity("p", "r") { ["N"] = 1 });

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _table.DeleteEntityAsync("p", "r", stale));
        Assert.Equal(412, failure.Status);

        Assert.Equal(204, (await _table.DeleteEntityAsync("p", "r")).Status);
        Assert.Equal(404, (await _table.DeleteEntityAsync("p", "r")).Status);

        await _table.AddEntityAsync(new TableEntity("p", "r"));
        Assert.Equal(204, (await _table.DeleteEntityAsync(new TableEntity("p", "r"))).Status);
    }

    [Fact]
    public async Task Keys_are_checked_before_anything_is_sent()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _table.AddEntityAsync(new TableEntity { ["N"] = 1 }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _table.DeleteEntityAsync("p", null));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_go_on_from_their_token()
    {
        for (var row = 0; row < 5; row++)
        {
            await _table.AddEntityAsync(new TableEntity("p", $"r{row}"));
        }

        var pages = new List<Page<TableEntity>>();
        await foreach (var page in _table.QueryAsync<TableEntity>(maxPerPage: 2).AsPages())
        {
            pages.Add(page);
        }

        Assert.Equal([2, 2, 1], pages.Select(page => page.Values.Count));
        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], pages.SelectMany(page => page.Values).Select(entity => entity.RowKey));
        Assert.Null(pages[^1].ContinuationToken);

        var rest = new List<string>();
        await foreach (var page in _table.QueryAsync<TableEntity>().AsPages(pages[0].ContinuationToken, pageSizeHint: 10))
        {
            rest.AddRange(page.Values.Select(entity => entity.RowKey));
        }

        Assert.Equal(["r2", "r3", "r4"], rest);
    }

    [Fact]
    public async Task More_than_the_service_gives_at_once_is_still_all_there()
    {
        for (var first = 0; first < 1_100; first += 100)
        {
            await _table.SubmitTransactionAsync(Enumerable.Range(first, 100).Select(row => new TableTransactionAction(
                TableTransactionActionType.Add,
                new TableEntity("many", row.ToString("D4", CultureInfo.InvariantCulture)))));
        }

        var rows = new List<string>();
        await foreach (var entity in _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {"many"}"), select: ["RowKey"]))
        {
            rows.Add(entity.RowKey);
        }

        Assert.Equal(Enumerable.Range(0, 1_100).Select(row => row.ToString("D4", CultureInfo.InvariantCulture)), rows);
    }

    [Fact]
    public async Task A_filter_takes_values_of_every_type()
    {
        var guid = Guid.NewGuid();
        var moment = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));
        await _table.AddEntityAsync(new TableEntity("p", "hit")
        {
            ["Text"] = "it's",
            ["Int"] = 1,
            ["Long"] = 10_000_000_000L,
            ["Double"] = 1.5,
            ["Yes"] = true,
            ["Guid"] = guid,
            ["Moment"] = moment,
        });
        await _table.AddEntityAsync(new TableEntity("p", "miss")
        {
            ["Text"] = "its",
            ["Int"] = 0,
            ["Long"] = 1L,
            ["Double"] = 0.5,
            ["Yes"] = false,
            ["Guid"] = Guid.NewGuid(),
            ["Moment"] = moment.AddSeconds(1),
        });

        string[] filters =
        [
            TableClient.CreateQueryFilter($"Text eq {"it's"}"),
            TableClient.CreateQueryFilter($"Int eq {1}"),
            TableClient.CreateQueryFilter($"Long gt {9_999_999_999L}"),
            TableClient.CreateQueryFilter($"Double gt {1.0}"),
            TableClient.CreateQueryFilter($"Yes eq {true}"),
            TableClient.CreateQueryFilter($"Guid eq {guid}"),
            TableClient.CreateQueryFilter($"Moment le {moment}"),
            TableClient.CreateQueryFilter($"PartitionKey eq {"p"} and RowKey ge {"hi"} and RowKey lt {"hj"}"),
        ];
        foreach (var filter in filters)
        {
            var rows = new List<string>();
            await foreach (var entity in _table.QueryAsync<TableEntity>(filter))
            {
                rows.Add(entity.RowKey);
            }

            Assert.True(rows is ["hit"], $"{filter}: {string.Join(' ', rows)}");
        }
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _table.GetEntityAsync<TableEntity>("p", "r", cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var entity in _table.QueryAsync<TableEntity>(cancellationToken: cancelled.Token))
            {
            }
        });
    }

    [Fact]
    public async Task An_error_page_of_something_in_between_is_still_an_error()
    {
        var options = new TableClientOptions { Transport = StubStorage.Answering(HttpStatusCode.Forbidden, "<html>No</html>", "text/html").Transport };
        var table = new TableClient(fixture.ConnectionString, "any", options);

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", "r")));

        Assert.Equal((403, null), (failure.Status, failure.ErrorCode));
    }
}
