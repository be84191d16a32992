using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Tests.Reporting;

namespace QuotaFunctions.Tests.Subscriptions;

public sealed class ReportMailerTests
{
    private static readonly Subscription Subscription = new()
    {
        Id = "sub_1", Settings = new SubscriptionSettings { Name = "n", Recipients = ["a@example.com", "b@example.com"] }, CreatedAt = Reports.Now, Since = Reports.Now,
    };

    private readonly FakeTimeProvider _clock = new(Reports.Now);
    private readonly Mock<IMailOutbox> _outbox = new();
    private readonly MemorySubscriptions _subscriptions = new(Subscription);
    private readonly List<Mail> _mails = [];
    private readonly QuotaReport _report = new Reports().Compose();

    public ReportMailerTests()
    {
        _outbox.Setup(it => it.SenderAddress).Returns("quotas@example.com");
        _outbox.Setup(it => it.EnqueueAsync(It.IsAny<Mail>(), default)).Callback((Mail mail, CancellationToken _) => _mails.Add(mail)).Returns(Task.CompletedTask);
    }

    [Fact]
    public async Task Each_recipient_gets_a_mail_of_their_own_by_an_id_that_does_not_change()
    {
        await DeliverAsync(new ReportDelivery("sub_1"));
        await DeliverAsync(new ReportDelivery("sub_1"));

        Assert.Equal(["a@example.com", "b@example.com", "a@example.com", "b@example.com"], _mails.Select(mail => mail.Recipient));
        Assert.Equal(_mails[0].Id, _mails[2].Id);
        Assert.NotEqual(_mails[0].Id, _mails[1].Id);
        Assert.All(_mails, mail => Assert.True(MailId.IsValid(mail.Id)));
        Assert.All(_mails, mail => Assert.DoesNotContain("example", mail.Id, StringComparison.Ordinal));
        Assert.Equal(_clock.GetUtcNow(), _subscriptions["sub_1"].LastSentAt);
    }

    [Fact]
    public async Task One_that_cannot_be_stored_holds_up_nobody_and_comes_again()
    {
        _outbox.Setup(it => it.EnqueueAsync(It.Is<Mail>(mail => mail.Recipient == "a@example.com"), default)).ThrowsAsync(new IOException());
        await Assert.ThrowsAsync<AggregateException>(() => DeliverAsync(new ReportDelivery("sub_1")));
        Assert.Equal(["b@example.com"], _mails.Select(mail => mail.Recipient));
        Assert.Null(_subscriptions["sub_1"].LastSentAt);
    }

    [Fact]
    public async Task A_trial_goes_to_whom_it_is_for_and_is_not_counted()
    {
        await DeliverAsync(new ReportDelivery("sub_1", ["me@example.com"], IsTest: true));
        Assert.Equal("me@example.com", Assert.Single(_mails).Recipient);
        Assert.Null(_subscriptions["sub_1"].LastSentAt);
    }

    [Fact]
    public async Task Where_the_subscription_is_gone_it_goes_to_nobody()
    {
        await DeliverAsync(new ReportDelivery("sub_2"));
        Assert.Empty(_mails);
    }

    private Task DeliverAsync(ReportDelivery delivery) => new ReportMailer(_subscriptions, _outbox.Object, _clock, NullLogger<ReportMailer>.Instance)
        .DeliverAsync(NewestFirstId.Of(Reports.Now, "r"), _report, delivery, default);
}
