using System.Text.Json;
using Azure;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Tests.Reporting;

public sealed class ReportMakerTests
{
    private static readonly string Id = NewestFirstId.New(Reports.Now);

    private readonly Mock<IReportBuilder> _builder = new(MockBehavior.Strict);
    private readonly Mock<IReportStore> _store = new(MockBehavior.Strict);
    private readonly Mock<IReportMailer> _mailer = new(MockBehavior.Strict);

    [Fact]
    public async Task A_report_is_made_and_kept()
    {
        var report = new Reports().Compose();
        _builder.Setup(it => it.BuildAsync(Reports.November, default)).ReturnsAsync(report);
        Stands(null);
        _store.Setup(it => it.SaveAsync(Id, Reports.November, report, default)).ReturnsAsync(true).Verifiable();
        await MakeAsync();
        _store.Verify();
    }

    [Fact]
    public Task One_that_is_ready_is_not_made_again()
    {
        Stands(ReportStatus.Ready);
        return MakeAsync();
    }

    /// <summary>As it is kept, whoever made it: also where the process that made it died before it was sent.</summary>
    [Theory]
    [InlineData(ReportStatus.Ready)]
    [InlineData(ReportStatus.Queued)]
    public async Task One_that_is_for_somebody_is_sent_as_it_is_kept(ReportStatus status)
    {
        var (made, kept) = (new Reports().Compose(), new Reports().Compose());
        var delivery = new ReportDelivery("sub_1", ["a@example.com"], IsTest: true);
        Stands(status);
        _builder.Setup(it => it.BuildAsync(Reports.November, default)).ReturnsAsync(made);
        _store.Setup(it => it.SaveAsync(Id, Reports.November, made, default)).ReturnsAsync(false);
        _store.Setup(it => it.ReadAsync(Id, default)).ReturnsAsync(kept);
        _mailer.Setup(it => it.DeliverAsync(
                Id, kept, It.Is<ReportDelivery>(to => to.Subscription == "sub_1" && to.Recipients!.Single() == "a@example.com" && to.IsTest), default))
            .Returns(Task.CompletedTask).Verifiable();
        await MakeAsync(delivery);
        _mailer.Verify();
    }

    [Theory]
    [InlineData(ReportStatus.Queued)]
    [InlineData(ReportStatus.Failed)] // the message was put back by hand
    public async Task One_that_cannot_be_made_says_so(ReportStatus status)
    {
        Stands(status);
        _builder.Setup(it => it.BuildAsync(Reports.November, default)).ThrowsAsync(new InvalidOperationException("a secret"));
        _store.Setup(it => it.FailAsync(Id, Reports.November, "InvalidOperationException", default)).Returns(Task.CompletedTask).Verifiable();
        await MakeAsync();
        _store.Verify();
    }

    [Fact]
    public async Task While_storage_is_away_the_message_comes_again()
    {
        Stands(ReportStatus.Queued);
        _builder.Setup(it => it.BuildAsync(Reports.November, default)).ThrowsAsync(new RequestFailedException(503, "away"));
        await Assert.ThrowsAsync<RequestFailedException>(() => MakeAsync());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"id":"x","request":{}}""")]
    public async Task A_message_that_asks_for_nothing_is_refused(string message) =>
        await Assert.ThrowsAsync<InvalidDataException>(() => Maker().MakeAsync(message, default));

    private void Stands(ReportStatus? status) => _store.Setup(it => it.FindAsync(Id, default))
        .ReturnsAsync(status is { } it ? new StoredReport(Id, it, Reports.November, Reports.Now, null, null) : null);

    private ReportMaker Maker() => new(_builder.Object, _store.Object, _mailer.Object, NullLogger<ReportMaker>.Instance);

    private Task MakeAsync(ReportDelivery? delivery = null) =>
        Maker().MakeAsync(JsonSerializer.Serialize(new ReportMessage(Id, Reports.November, delivery), ReportJson.Default.ReportMessage), default);
}
