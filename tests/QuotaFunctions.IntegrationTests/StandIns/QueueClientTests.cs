using System.Net;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class QueueClientTests(AzuriteFixture fixture) : IAsyncLifetime
{
    private const string Text = "<a b=\"c\">&amp; \n é 漢字 😀 ]]>";

    private readonly QueueClient _queue = new(fixture.ConnectionString, AzuriteFixture.UniqueName("q"));

    public async Task InitializeAsync() => await _queue.CreateIfNotExistsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_queue_is_made_once_and_deleted_once()
    {
        var queue = new QueueServiceClient(fixture.ConnectionString).GetQueueClient(AzuriteFixture.UniqueName("q"));
        Assert.False((await queue.ExistsAsync()).Value);

        Assert.Equal(201, (await queue.CreateIfNotExistsAsync()).Status);
        Assert.Null(await queue.CreateIfNotExistsAsync());
        Assert.True((await queue.ExistsAsync()).Value);

        Assert.True((await queue.DeleteIfExistsAsync()).Value);
        Assert.False((await queue.DeleteIfExistsAsync()).Value);
    }

    [Fact]
    public async Task The_service_answers_for_its_properties()
        => Assert.Equal(200, (await new QueueServiceClient(fixture.ConnectionString).GetPropertiesAsync()).GetRawResponse().Status);

    [Fact]
    public async Task A_queue_that_is_not_there_takes_no_message()
    {
        var queue = new QueueClient(fixture.ConnectionString, AzuriteFixture.UniqueName("q"));

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => queue.SendMessageAsync("text"));

        Assert.Equal(404, failure.Status);
        Assert.Equal(QueueErrorCode.QueueNotFound, failure.ErrorCode);
    }

    [Fact]
    public async Task A_message_is_received_until_it_is_deleted()
    {
        var receipt = (await _queue.SendMessageAsync("text")).Value;

        var first = Assert.Single((await _queue.ReceiveMessagesAsync(32, TimeSpan.FromMinutes(1))).Value);
        Assert.Equal((receipt.MessageId, "text", 1L), (first.MessageId, first.MessageText, first.DequeueCount));
        Assert.Equal(receipt.InsertionTime, first.InsertedOn);
        Assert.Equal(receipt.ExpirationTime, first.ExpiresOn);
        Assert.True(first.NextVisibleOn >= first.InsertedOn + TimeSpan.FromSeconds(59), $"{first.NextVisibleOn}");
        Assert.Empty((await _queue.ReceiveMessagesAsync()).Value);

        await _queue.UpdateMessageAsync(first.MessageId, first.PopReceipt, visibilityTimeout: TimeSpan.Zero);
        var second = (await _queue.ReceiveMessageAsync()).Value;
        Assert.Equal((first.MessageId, "text", 2L), (second.MessageId, second.MessageText, second.DequeueCount));
        Assert.NotEqual(first.PopReceipt, second.PopReceipt);

        Assert.Equal(204, (await _queue.DeleteMessageAsync(second.MessageId, second.PopReceipt)).Status);
        Assert.Null((await _queue.PeekMessageAsync()).Value);
    }

    [Fact]
    public async Task A_message_that_nobody_deleted_is_visible_again_when_its_time_is_up()
    {
        await _queue.SendMessageAsync("text");
        var first = (await _queue.ReceiveMessageAsync(TimeSpan.FromSeconds(1))).Value;

        var second = await Eventually.GetAsync(async () => (await _queue.ReceiveMessageAsync()).Value, TimeSpan.FromSeconds(10));

        Assert.Equal((first.MessageId, 2L), (second.MessageId, second.DequeueCount));
        Assert.True(second.InsertedOn == first.InsertedOn);
    }

    [Fact]
    public async Task An_update_changes_text_and_visibility_and_the_receipt_to_go_on_with()
    {
        await _queue.SendMessageAsync("old");
        var received = (await _queue.ReceiveMessageAsync(TimeSpan.FromMinutes(1))).Value;

        var updated = (await _queue.UpdateMessageAsync(received.MessageId, received.PopReceipt, "new", TimeSpan.FromMinutes(10))).Value;

        Assert.True(updated.NextVisibleOn > received.NextVisibleOn + TimeSpan.FromMinutes(8), $"{updated.NextVisibleOn}");
        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _queue.DeleteMessageAsync(received.MessageId, received.PopReceipt));
        Assert.Equal(QueueErrorCode.PopReceiptMismatch, failure.ErrorCode);

        updated = (await _queue.UpdateMessageAsync(received.MessageId, updated.PopReceipt, "newer", TimeSpan.Zero)).Value;
        Assert.Equal("newer", (await _queue.PeekMessageAsync()).Value.MessageText);
        await _queue.DeleteMessageAsync(received.MessageId, updated.PopReceipt);
    }

    [Fact]
    public async Task A_message_may_be_sent_for_later_and_for_a_time()
    {
        var later = (await _queue.SendMessageAsync("later", TimeSpan.FromHours(1), TimeSpan.FromHours(2))).Value;
        Assert.Equal(TimeSpan.FromHours(1), later.TimeNextVisible - later.InsertionTime);
        Assert.Equal(TimeSpan.FromHours(2), later.ExpirationTime - later.InsertionTime);

        var forEver = (await _queue.SendMessageAsync("for ever", timeToLive: TimeSpan.FromSeconds(-1))).Value;
        Assert.Equal(9999, forEver.ExpirationTime.Year);

        Assert.Equal(["for ever"], (await _queue.ReceiveMessagesAsync(32)).Value.Select(message => message.MessageText));
        Assert.Equal(2, (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Messages_are_received_in_numbers_and_peeking_leaves_them_alone()
    {
        for (var number = 0; number < 5; number++)
        {
            await _queue.SendMessageAsync($"{number}");
        }

        Assert.Equal(["0", "1", "2"], (await _queue.PeekMessagesAsync(3)).Value.Select(message => message.MessageText));
        Assert.All((await _queue.PeekMessagesAsync(32)).Value, message => Assert.Equal(0, message.DequeueCount));
        Assert.Single((await _queue.ReceiveMessagesAsync()).Value);
        Assert.Equal(["1", "2"], (await _queue.ReceiveMessagesAsync(2)).Value.Select(message => message.MessageText));
        Assert.Equal(5, (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount);

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _queue.ReceiveMessagesAsync(33));
        Assert.Equal((400, "OutOfRangeQueryParameterValue"), (failure.Status, failure.ErrorCode));

        await _queue.ClearMessagesAsync();
        Assert.Equal(0, (await _queue.GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [Theory]
    [InlineData(QueueMessageEncoding.None)]
    [InlineData(QueueMessageEncoding.Base64)]
    public async Task Text_comes_back_as_it_went(QueueMessageEncoding encoding)
    {
        var queue = With(encoding);

        await queue.SendMessageAsync(Text);
        var received = (await queue.ReceiveMessageAsync()).Value;
        Assert.Equal(Text, received.MessageText);
        Assert.Equal(Text, received.Body.ToString());
    }

    [Fact]
    public async Task Base64_carries_any_bytes_and_the_queue_holds_them_encoded()
    {
        byte[] bytes = [0, 255, 1, 254];

        await With(QueueMessageEncoding.Base64).SendMessageAsync(new BinaryData(bytes));

        Assert.Equal(Convert.ToBase64String(bytes), (await _queue.PeekMessageAsync()).Value.MessageText);
        Assert.Equal(bytes, (await With(QueueMessageEncoding.Base64).ReceiveMessageAsync()).Value.Body.ToArray());
    }

    [Fact]
    public async Task What_is_not_Base64_cannot_be_received_as_such()
    {
        await _queue.SendMessageAsync("{not Base64}");

        await Assert.ThrowsAsync<FormatException>(() => With(QueueMessageEncoding.Base64).ReceiveMessagesAsync());
    }

    [Fact]
    public async Task Sixty_four_kibibytes_fit_and_no_more()
    {
        await _queue.SendMessageAsync(new string('x', 64 * 1024));
        Assert.Equal(64 * 1024, (await _queue.ReceiveMessageAsync()).Value.MessageText.Length);

        var failure = await Assert.ThrowsAsync<RequestFailedException>(() => _queue.SendMessageAsync(new string('x', (64 * 1024) + 1)));
        Assert.Contains(failure.Status, new[] { 400, 413 });
    }

    [Fact]
    public async Task An_error_without_a_body_is_known_by_its_header()
    {
        var storage = new StubStorage(_ =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.NotFound);
            answer.Headers.Add("x-ms-error-code", "QueueNotFound");
            return answer;
        });
        var queue = new QueueClient(fixture.ConnectionString, "any", new QueueClientOptions { Transport = storage.Transport });

        Assert.False((await queue.ExistsAsync()).Value);
    }

    private QueueClient With(QueueMessageEncoding encoding)
        => new(fixture.ConnectionString, _queue.Name, new QueueClientOptions { MessageEncoding = encoding });
}
