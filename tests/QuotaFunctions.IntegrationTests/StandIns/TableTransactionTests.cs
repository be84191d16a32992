using System.Net;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class TableTransactionTests(AzuriteFixture fixture) : IAsyncLifetime
{
    private readonly TableClient _table = new(fixture.ConnectionString, AzuriteFixture.UniqueName());

    public async Task InitializeAsync() => await _table.CreateIfNotExistsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Every_kind_of_action_takes_effect_and_answers_with_its_new_version()
    {
        foreach (var row in new[] { "merged", "replaced", "upsert-merged", "upsert-replaced", "deleted" })
        {
            await _table.AddEntityAsync(new TableEntity("p", row) { ["Old"] = 1 });
        }

        var answer = await _table.SubmitTransactionAsync(
        [
            Action(TableTransactionActionType.Add, "added"),
            Action(TableTransactionActionType.UpdateMerge, "merged"),
            Action(TableTransactionActionType.UpdateReplace, "replaced"),
            Action(TableTransactionActionType.UpsertMerge, "upsert-merged"),
            Action(TableTransactionActionType.UpsertReplace, "upsert-replaced"),
            Action(TableTransactionActionType.Delete, "deleted"),
            Action(TableTransactionActionType.UpsertMerge, "upsert-added"),
        ]);

        Assert.Equal(202, answer.GetRawResponse().Status);
        Assert.All(answer.Value, part => Assert.Equal(204, part.Status));
        var rows = await RowsAsync();
        Assert.Equal(["added", "merged", "replaced", "upsert-added", "upsert-merged", "upsert-replaced"], rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(rows.Values, row => Assert.Equal(2, row.GetInt32("New")));
        Assert.Equal(["merged", "upsert-merged"], rows.Values.Where(row => row.ContainsKey("Old")).Select(row => row.RowKey).Order(StringComparer.Ordinal));
        Assert.Equal(rows["added"].ETag, answer.Value[0].Headers.ETag);
        Assert.Equal(rows["merged"].ETag, answer.Value[1].Headers.ETag);
        Assert.Equal(rows["replaced"].ETag, answer.Value[2].Headers.ETag);
    }

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
    public async Task Text_that_looks_like_the_protocol_is_only_text()
    {
        const string Text = "\r\n--changeset_x--\r\n--batch_x--\r\nHTTP/1.1 500 No\r\n\r\n{\"odata.error\":{}} }{ POST http://x ";

        await _table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, new TableEntity("p", "a") { ["Text"] = Text }),
            new(TableTransactionActionType.Add, new TableEntity("p", "b") { ["Text"] = "{" }),
        ]);

        var rows = await RowsAsync();
        Assert.Equal(Text, rows["a"].GetString("Text"));
        Assert.Equal("{", rows["b"].GetString("Text"));
    }

    [Fact]
    public async Task A_hundred_large_entities_go_in_one_transaction()
    {
        var large = new string('x', 20_000);

        var answer = await _table.SubmitTransactionAsync(Enumerable.Range(0, 100).Select(row =>
            new TableTransactionAction(TableTransactionActionType.Add, new TableEntity("p", $"row{row}") { ["Text"] = large })));

        Assert.Equal(100, answer.Value.Count);
        Assert.All((await RowsAsync()).Values, row => Assert.Equal(large, row.GetString("Text")));
    }

    [Fact]
    public async Task An_empty_transaction_is_a_mistake()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _table.SubmitTransactionAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _table.SubmitTransactionAsync(null));
    }

    [Fact]
    public async Task Azures_answer_is_understood()
    {
        var table = Answering(
            """
            --batchresponse_4c637ba4-b2f8-40f8-8856-c2d10d163a83
            Content-Type: multipart/mixed; boundary=changesetresponse_c6253fb0-8dff-4dfd-9e5b-6b5d0a0cf0a5

            --changesetresponse_c6253fb0-8dff-4dfd-9e5b-6b5d0a0cf0a5
            Content-Type: application/http
            Content-Transfer-Encoding: binary

            HTTP/1.1 204 No Content
            X-Content-Type-Options: nosniff
            Cache-Control: no-cache
            DataServiceVersion: 1.0;
            ETag: W/"datetime'2026-10-10T20%3A50%3A40.4822558Z'"


            --changesetresponse_c6253fb0-8dff-4dfd-9e5b-6b5d0a0cf0a5
            Content-Type: application/http
            Content-Transfer-Encoding: binary

            HTTP/1.1 204 No Content
            Preference-Applied: return-no-content
            ETag: W/"datetime'2026-10-10T20%3A50%3A40.4822559Z'"


            --changesetresponse_c6253fb0-8dff-4dfd-9e5b-6b5d0a0cf0a5--
            --batchresponse_4c637ba4-b2f8-40f8-8856-c2d10d163a83--

            """);

        var answer = await table.SubmitTransactionAsync([Action(TableTransactionActionType.Add, "a"), Action(TableTransactionActionType.Add, "b")]);

        Assert.Equal([204, 204], answer.Value.Select(part => part.Status));
        Assert.Equal(
            ["W/\"datetime'2026-10-10T20%3A50%3A40.4822558Z'\"", "W/\"datetime'2026-10-10T20%3A50%3A40.4822559Z'\""],
            answer.Value.Select(part => part.Headers.ETag.ToString()));
        Assert.True(answer.Value[1].Headers.TryGetValue("preference-applied", out var preference));
        Assert.Equal("return-no-content", preference);
        Assert.Contains(answer.Value[0].Headers, header => header.Name == "Cache-Control" && header.Value == "no-cache");
    }

    [Fact]
    public async Task Azures_refusal_is_understood()
    {
        var table = Answering(
            """
            --batchresponse_e69b1c6c-62ff-471e-ab88-9a4aeef0ab4d
            Content-Type: multipart/mixed; boundary=changesetresponse_a7c3ef1e-3e2b-4ee1-8d17-ebe7c8ec46b1

            --changesetresponse_a7c3ef1e-3e2b-4ee1-8d17-ebe7c8ec46b1
            Content-Type: application/http
            Content-Transfer-Encoding: binary

            HTTP/1.1 409 Conflict
            X-Content-Type-Options: nosniff
            DataServiceVersion: 3.0;
            Content-Type: application/json;odata=minimalmetadata;streaming=true;charset=utf-8

            {"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"17:The specified entity already exists.\nRequestId:1"}}}
            --changesetresponse_a7c3ef1e-3e2b-4ee1-8d17-ebe7c8ec46b1--
            --batchresponse_e69b1c6c-62ff-471e-ab88-9a4aeef0ab4d--

            """);

        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(
            () => table.SubmitTransactionAsync([Action(TableTransactionActionType.Add, "a")]));

        Assert.Equal((409, "EntityAlreadyExists", 17), (failure.Status, failure.ErrorCode, failure.FailedTransactionActionIndex));
    }

    [Fact]
    public async Task A_refusal_of_the_batch_as_such_is_an_ordinary_failure()
    {
        var options = new TableClientOptions { Transport = StubStorage.Answering(HttpStatusCode.RequestEntityTooLarge).Transport };
        var table = new TableClient(fixture.ConnectionString, "any", options);

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.SubmitTransactionAsync([Action(TableTransactionActionType.Add, "a")]));

        Assert.Equal(413, failure.Status);
    }

    private static TableTransactionAction Action(TableTransactionActionType type, string row, ETag version = default)
        => new(type, new TableEntity("p", row) { ["New"] = 2 }, version);

    private TableClient Answering(string body)
    {
        var boundary = body[2..body.IndexOf('\n', StringComparison.Ordinal)].Trim();
        var storage = StubStorage.Answering(
            HttpStatusCode.Accepted,
            body.ReplaceLineEndings("\r\n"),
            $"multipart/mixed; boundary={boundary}");
        return new TableClient(fixture.ConnectionString, "any", new TableClientOptions { Transport = storage.Transport });
    }

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
