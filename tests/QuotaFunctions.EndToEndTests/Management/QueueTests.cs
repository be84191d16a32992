using System.Net;
using Azure.Storage.Queues;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>The operator sees the queues, and puts poison messages back.</summary>
[Collection(AppFixture.Name)]
public sealed class QueueTests(AppFixture app)
{
    [Fact]
    public async Task Queues_and_buffers_are_listed()
    {
        var answer = await app.Admin.GetJsonAsync("/manage/queues");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["audit-events", "sweep-requests", "report-requests", "mail-outbox", "alerts", "retention-steps"], answer.Json.GetProperty("queues").EnumerateArray().Select(queue => queue.GetProperty("name").GetString()));
        var buffer = answer.Json.GetProperty("buffers")[0];
        Assert.Equal(("audit-events", 2000, 0), (buffer.GetProperty("name").GetString(), buffer.GetProperty("cap").GetInt32(), buffer.GetProperty("dropped").GetInt32()));
    }

    [Fact]
    public async Task A_poison_message_is_read_and_put_back()
    {
        var poison = new QueueClient(app.Azurite.ConnectionString, "audit-events-poison", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await poison.CreateIfNotExistsAsync();
        await poison.SendMessageAsync("[]");
        var shown = await app.Admin.GetJsonAsync("/manage/queues/audit-events/poison");
        Assert.Contains(shown.Json.GetProperty("messages").EnumerateArray(), message => message.GetProperty("body").GetString() == "[]");

        var moved = await app.Admin.PostJsonAsync("/manage/queues/audit-events/redrive", "");

        Assert.Equal(HttpStatusCode.OK, moved.Status);
        Assert.InRange(moved.Number("moved"), 1, 1000);
        Assert.Empty((await app.Admin.GetJsonAsync("/manage/queues/audit-events/poison")).Json.GetProperty("messages").EnumerateArray());
    }

    [Theory]
    [InlineData("GET", "/manage/queues/nowhere/poison")]
    [InlineData("POST", "/manage/queues/nowhere/redrive")]
    [InlineData("POST", "/manage/queues/audit-events-poison/redrive")]
    public async Task An_unknown_queue_is_not_found(string method, string path)
    {
        var answer = await app.Admin.CallAsync(HttpMethod.Parse(method), path);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.Status, answer.Code));
    }
}
