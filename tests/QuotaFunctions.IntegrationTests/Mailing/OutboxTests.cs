using System.Text.Json;
using MimeKit;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Mailing;

/// <summary>The outbox on a real table and queue: whatever comes twice, fails or dies in between, a mail goes out, and as a rule once.</summary>
public sealed class OutboxTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task A_mail_is_stored_asked_for_sent_and_cleared_away()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        Assert.True(await world.RowsAsync("m1") > 2);

        Assert.Equal([new MailRequest("m1", 0)], await world.TakeAsync());
        await world.DeliverAsync("m1", 0);

        var (id, recipient, content) = Assert.Single(world.Sent);
        Assert.Equal(("m1", "ops@example.com"), (id, recipient));
        var message = MimeMessage.Load(new MemoryStream(content));
        Assert.Equal(("配额报告", "m1@example.com"), (message.Subject, message.MessageId));
        Assert.Equal(1, await world.RowsAsync("m1"));
        Assert.Equal((MailState.Sent, 1, null), ((await world.HeadAsync("m1")).State, (await world.HeadAsync("m1")).Attempts, (await world.HeadAsync("m1")).LastError));
    }

    [Fact]
    public async Task The_same_mail_is_stored_and_sent_once()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default)));
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1") with { Subject = "another" }, default);

        foreach (var request in await world.TakeAsync())
        {
            await world.DeliverAsync(request.Id, request.Attempt);
        }

        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        Assert.Equal(0, await world.QueuedAsync());
        Assert.Equal("配额报告", MimeMessage.Load(new MemoryStream(Assert.Single(world.Sent).Content)).Subject);
    }

    [Fact]
    public async Task Whoever_died_between_the_row_and_the_message_does_it_again()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        await world.ClearQueueAsync();

        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);

        Assert.Equal([new MailRequest("m1", 0)], await world.TakeAsync());
    }

    [Fact]
    public async Task A_failure_is_tried_again_later_and_what_is_out_of_date_is_dropped()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        await world.TakeAsync();
        world.OnSend = (_, _) => throw new MailException(MailFailure.Transient, "no connection");
        await world.DeliverAsync("m1", 0);

        var head = await world.HeadAsync("m1");
        Assert.Equal((MailState.Queued, 1, "no connection", null), (head.State, head.Attempts, head.LastError, head.BusyUntil));
        Assert.Empty(await world.TakeAsync()); // hidden for a minute
        Assert.Equal(1, await world.QueuedAsync());

        // The first message comes a second time
        world.OnSend = null;
        await world.DeliverAsync("m1", 0);
        Assert.Empty(world.Sent);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.DeliverAsync("m1", 1);
        Assert.Single(world.Sent);
    }

    [Fact]
    public async Task After_a_day_it_is_given_up_and_comes_back_from_the_poison_queue_for_another()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        world.OnSend = (_, _) => throw new MailException(MailFailure.Configuration, "the log-in is refused");
        var attempts = 0;
        while ((await world.HeadAsync("m1")).State == MailState.Queued)
        {
            await world.DeliverAsync("m1", attempts++);
            world.Clock.Advance(MailRetry.Pause(attempts, TimeSpan.Zero)!.Value);
            Assert.InRange(attempts, 1, 29);
        }

        Assert.Equal(29, attempts);
        var poison = Assert.Single(await world.TakePoisonAsync());
        Assert.Equal(MailState.Failed, (await world.HeadAsync("m1")).State);

        // What comes late, or by the caller again, changes nothing
        await world.DeliverAsync("m1", attempts - 1);
        await world.ClearQueueAsync();
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        Assert.Equal(0, await world.QueuedAsync());
        Assert.Equal(MailState.Failed, (await world.HeadAsync("m1")).State);

        await world.DeliverAsync(poison.Id, poison.Attempt);
        Assert.Equal(MailState.Queued, (await world.HeadAsync("m1")).State);
        world.OnSend = null;
        await world.DeliverAsync("m1", attempts + 1);
        Assert.Single(world.Sent);
    }

    [Fact]
    public async Task One_who_is_refused_holds_up_nobody()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        foreach (var id in new[] { "m1", "m2", "m3" })
        {
            await world.Outbox.EnqueueAsync(MailWorld.Mail(id, $"{id}@example.com"), default);
        }

        world.OnSend = (id, _) => id == "m2" ? throw new MailException(MailFailure.Permanent, "the recipient is refused, 550") : Task.CompletedTask;
        foreach (var request in await world.TakeAsync())
        {
            await world.DeliverAsync(request.Id, request.Attempt);
        }

        Assert.Equal(["m1@example.com", "m3@example.com"], world.Sent.Select(mail => mail.Recipient));
        Assert.Equal([new MailRequest("m2", 1)], await world.TakePoisonAsync());
        Assert.Equal(0, await world.QueuedAsync());
        Assert.Equal(MailState.Failed, (await world.HeadAsync("m2")).State);
    }

    /// <summary>A process that dies in the middle of an attempt: its message comes back, and waits until nobody can be at it any more.</summary>
    [Fact]
    public async Task While_an_attempt_may_go_on_nobody_makes_another()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        await world.TakeAsync();
        using var died = new CancellationTokenSource();
        world.OnSend = (_, token) => Task.Delay(Timeout.Infinite, token);
        var attempt = world.Sender().SendAsync(MailWorld.Message("m1", 0), died.Token);
        await Eventually.TrueAsync(async () => (await world.HeadAsync("m1")).BusyUntil is not null);
        await died.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt);

        world.OnSend = null;
        await world.DeliverAsync("m1", 0);
        Assert.Empty(world.Sent);
        Assert.Equal(1, await world.QueuedAsync());

        world.Clock.Advance(MailSender.BusyTime);
        await world.DeliverAsync("m1", 0);
        Assert.Single(world.Sent);
    }

    [Fact]
    public async Task Two_instances_with_the_same_message_send_one_mail()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.DeliverAsync("m1", 0))));
        Assert.Single(world.Sent);
    }

    [Fact]
    public async Task An_attempt_that_hangs_is_given_up_after_its_time()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        world.OnSend = (_, token) => Task.Delay(Timeout.Infinite, token);
        var attempt = world.DeliverAsync("m1", 0);
        await Eventually.TrueAsync(async () =>
        {
            world.Clock.Advance(MailSender.AttemptTime);
            return await Task.WhenAny(attempt, Task.Delay(10)) == attempt;
        });

        var head = await world.HeadAsync("m1");
        Assert.Equal((MailState.Queued, "no answer in time"), (head.State, head.LastError));
    }

    [Fact]
    public async Task What_died_after_the_note_and_before_the_clearing_is_cleared_by_the_message()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await world.Outbox.EnqueueAsync(MailWorld.Mail("m1"), default);
        var head = await world.HeadAsync("m1");
        await world.Table.TryChangeAsync(head with { State = MailState.Sent, Attempts = 1 }, default);

        await world.DeliverAsync("m1", 0);

        Assert.Empty(world.Sent);
        Assert.Equal(1, await world.RowsAsync("m1"));
    }

    [Fact]
    public async Task A_mail_that_no_table_takes_is_refused_at_once()
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        var large = MailWorld.Mail("m1") with { Attachments = [new MailAttachment("a", "text/csv", new byte[1_400_000])] };
        await world.Outbox.EnqueueAsync(large, default);
        Assert.InRange(await world.RowsAsync("m1"), 30, 34);
        await world.DeliverAsync("m1", 0);
        Assert.InRange(Assert.Single(world.Sent).Content.Length, 1_900_000, IMailOutbox.MaxBytes);

        await Assert.ThrowsAsync<ArgumentException>(() => world.Outbox.EnqueueAsync(
            large with { Id = "m2", Attachments = [new MailAttachment("a", "text/csv", new byte[1_600_000])] }, default));
        await Assert.ThrowsAsync<ArgumentException>(() => world.Outbox.EnqueueAsync(large with { Id = "../m2" }, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"id":"../a","attempt":0}""")]
    public async Task A_message_that_is_none_of_ours_goes_to_the_poison_queue(string message)
    {
        var world = await MailWorld.StartAsync(azurite.ConnectionString);
        await Assert.ThrowsAnyAsync<JsonException>(() => world.Sender().SendAsync(message, default));
    }
}
