using System.Text.Json;
using Azure;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Tests.Reporting;

public sealed class ReportMakerTests
{
    private static readonly string Id = ReportIds.New(Reports.Now);

    private readonly Mock<IReportBuilder> _builder = new(MockBehavior.Strict);
    private readonly Mock<IReportStore> _store = new(MockBehavior.Strict);

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
        await Assert.ThrowsAsync<RequestFailedException>(MakeAsync);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"id":"x","request":{}}""")]
    public async Task A_message_that_asks_for_nothing_is_refused(string message) =>
        await Assert.ThrowsAsync<InvalidDataException>(() => Maker().MakeAsync(message, default));

    private void Stands(ReportStatus? status) => _store.Setup(it => it.FindAsync(Id, default))
        .ReturnsAsync(status is { } it ? new StoredReport(Id, it, Reports.November, Reports.Now, null, null) : null);

    private ReportMaker Maker() => new(_builder.Object, _store.Object, NullLogger<ReportMaker>.Instance);

    private Task MakeAsync() => Maker().MakeAsync(JsonSerializer.Serialize(new ReportMessage(Id, Reports.November), ReportJson.Default.ReportMessage), default);
}
