using System.Text;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.IntegrationTests.Usage;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Reporting;

/// <summary>Reports of real tables, with more keys than anybody makes by hand.</summary>
public sealed class ReportBuilderTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Keys = UsageReaderTests.Keys;

    [Fact]
    public async Task A_report_on_ten_thousand_keys_has_all_of_them()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        await UsageReaderTests.FillAsync(engine);
        var builder = new ReportBuilder(
            engine.Get<IUsageReader>(), engine.Get<KeyIndex>(), engine.Get<VitalHealth>(), Options.Create(new ReportOptions()), new FakeTimeProvider(UsageReaderTests.Noon.AddDays(1)));
        foreach (var request in new[] { new ReportRequest(), new ReportRequest { TimeZone = "Asia/Kolkata" } })
        {
            var report = await TimedAsync($"a day in {request.TimeZone}", () => builder.BuildAsync(request, default));
            Assert.Equal((Keys, Keys, 3m * Keys), (report.Total.Requests, report.Keys.Count, report.Units.Single().Used));
            Assert.Equal(Keys, report.Series.Sum(point => point.Requests));

            var mail = await TimedAsync("HTML", () => Task.FromResult(ReportHtml.RenderMail(report, ReportLanguage.En)));
            Assert.InRange(Encoding.UTF8.GetByteCount(mail.Html), 1000, 100_000);
            var text = await TimedAsync("text", () => Task.FromResult(ReportText.Render(report, ReportLanguage.Zh)));
            Assert.Equal(Keys, text.Split("🔑").Length - 1);
        }

        await engine.StopAsync();
    }

    /// <summary>What it took is printed, not held to, as machines differ.</summary>
    private async Task<T> TimedAsync<T>(string what, Func<Task<T>> work)
    {
        var (started, before) = (TimeProvider.System.GetTimestamp(), GC.GetTotalAllocatedBytes());
        var result = await work();
        output.WriteLine($"{what}: {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms, {(GC.GetTotalAllocatedBytes() - before) / 1e6:0} MB allocated");
        return result;
    }
}
