using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Playwright;
using MimeKit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.EndToEndTests.Management;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Mailing;

/// <summary>A started service sends its reports to a mail server beside it, and MimeKit reads them back.</summary>
public sealed class ReportMailTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string EveryMinute = "0 * * * * *";

    /// <summary>True where the page is darker than its text.</summary>
    private const string IsDark = """
        (() => {
            const lightness = colour => (colour.match(/[0-9.]+/g) ?? [255, 255, 255]).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
            const style = getComputedStyle(document.body);
            return lightness(style.backgroundColor) < lightness(getComputedStyle(document.querySelector('h1') ?? document.body).color);
        })()
        """;

    private readonly SmtpTestServer _server = SmtpTestServer.Start();
    private LocalFunctionsHost _host = null!;
    private HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["SMTP_HOST"] = "127.0.0.1";
        settings["SMTP_PORT"] = _server.Port.ToString(CultureInfo.InvariantCulture);
        settings["SMTP_TLS"] = "none";
        settings["SMTP_FROM"] = "Quotas <quotas@example.com>";
        settings["REPORT_RECIPIENTS"] = "default@example.com";
        _host = await AppFixture.StartAppAsync(settings);
        _admin = new HttpClient { BaseAddress = _host.BaseAddress };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _host.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_figures_of_a_mail_are_those_of_usage()
    {
        var api = new ApiClient(_host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 10);
        for (var number = 0; number < 3; number++)
        {
            using var granted = await api.ConsumeAsync(key);
            Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
        }

        // A day earlier, should midnight pass meanwhile
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var total = (await Eventually.GetAsync(async () =>
            await _admin.GetJsonAsync($"/admin/usage?key={key.Id}&from={today.AddDays(-1):yyyy-MM-dd}") is { } answer
            && answer.Json.GetProperty("total").GetProperty("requests").GetInt64() == 3 ? answer : null)).Json.GetProperty("total");
        var made = await _admin.PostJsonAsync("/admin/subscriptions", $$"""{"name":"一周 <b>","recipients":["a@example.com","b@example.com"],"key":"{{key.Id}}"}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);

        // By the way of the timer, but with today in it
        var request = new ReportRequest { Period = ReportPeriodKind.Days, From = today.AddDays(-1), To = today.AddDays(1), Key = key.Id };
        var id = NewestFirstId.New(TimeProvider.System.GetUtcNow());
        var store = _host.Services.GetRequiredService<IReportStore>();
        await store.RequestAsync(id, request, new ReportDelivery(made.Text("id")!), default);
        await store.RequestAsync(id, request, new ReportDelivery(made.Text("id")!), default);
        await MailsAsync(2);

        foreach (var recipient in new[] { "a@example.com", "b@example.com" })
        {
            var message = Read(Assert.Single(_server.Mails, mail => mail.To.Single() == recipient));
            Assert.Equal(recipient, message.To.Mailboxes.Single().Address);
            Assert.Contains("Total requests: 3\n", message.TextBody!.Replace("\r\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains(">3</div>", message.HtmlBody, StringComparison.Ordinal);
            Assert.Contains("一周 &lt;b&gt;", message.HtmlBody, StringComparison.Ordinal);
            Assert.Contains(made.Text("id")!, message.Headers[HeaderId.ListUnsubscribe], StringComparison.Ordinal);
            using var csv = new MemoryStream();
            ((MimePart)message.Attachments.Single()).Content!.DecodeTo(csv);
            var rows = Encoding.UTF8.GetString(csv.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(',')).ToList();
            foreach (var name in new[] { "requests", "success", "failed" })
            {
                Assert.Equal(total.GetProperty(name).GetInt64(), long.Parse(rows[1][Array.IndexOf(rows[0], name)], CultureInfo.InvariantCulture));
            }

            Assert.All(message.BodyParts.OfType<MimePart>().Where(part => part.ContentType.IsMimeType("image", "png")), image =>
                Assert.Contains($"cid:{image.ContentId}", message.HtmlBody, StringComparison.Ordinal));
        }

        await Eventually.TrueAsync(async () => (await _admin.GetJsonAsync($"/admin/subscriptions/{made.Text("id")}")).Json.GetProperty("last_sent_at").GetString() is not null);
    }

    [Fact]
    public async Task A_mail_is_readable_on_a_phone_and_a_desktop_in_light_and_in_dark()
    {
        var api = new ApiClient(_host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 2);
        for (var number = 0; number < 3; number++)
        {
            using var answer = await api.ConsumeAsync(key);
        }

        await Eventually.TrueAsync(async () => (await _admin.GetJsonAsync($"/admin/usage?key={key.Id}")).Json.GetProperty("total").GetProperty("requests").GetInt64() == 2);
        var made = await _admin.PostJsonAsync("/admin/subscriptions", $$"""{"name":"客服机器人","recipients":["a@example.com"],"key":"{{key.Id}}"}""");
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var request = new ReportRequest { Period = ReportPeriodKind.Days, From = today.AddDays(-6), To = today.AddDays(1), Key = key.Id };
        await _host.Services.GetRequiredService<IReportStore>().RequestAsync(
            NewestFirstId.New(TimeProvider.System.GetUtcNow()), request, new ReportDelivery(made.Text("id")!), default);
        await MailsAsync(1);
        var mail = Read(_server.Mails.Single());
        var html = WithPictures(mail);
        Assert.NotNull(mail.HtmlBody);

        await using var browser = await Browser.StartAsync();
        foreach (var width in new[] { 320, 390, 1280 })
        {
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                var page = await browser.OpenAsync(html, width, scheme);
                await Browser.KeepPictureAsync(page, $"mail-{width}-{scheme}".ToLowerInvariant());
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"), $"{width} pixels, {scheme}: wider than the screen");
                Assert.True(await page.EvaluateAsync<bool>("document.images.length > 0 && [...document.images].every(image => image.naturalWidth > 0)"), "a picture is not shown");
                Assert.Equal(scheme == ColorScheme.Dark, await page.EvaluateAsync<bool>(IsDark));
            }
        }

        // What a mail program shows that does not load pictures
        var blocked = await browser.OpenAsync(mail.HtmlBody, 390, ColorScheme.Light);
        await Browser.KeepPictureAsync(blocked, "mail-390-blocked");
        Assert.True(await blocked.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"));
        Assert.True(await blocked.EvaluateAsync<bool>("[...document.images].every(image => image.alt !== '')"));
        Assert.Contains("0 of 2 requests left", await blocked.InnerTextAsync("body"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_due_goes_out_once_and_a_trial_besides()
    {
        // One that was made two days ago
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-2));
        var store = new SubscriptionTable(
            new TableServiceClient(azurite.ConnectionString),
            _host.Services.GetRequiredService<StorageNames>(),
            Options.Create(new SubscriptionOptions()),
            Options.Create(new ReportOptions()),
            clock,
            NullLogger<SubscriptionTable>.Instance);
        var subscription = await store.CreateAsync(new SubscriptionSettings { Name = "n", Recipients = ["due@example.com"], Schedule = EveryMinute, Language = ReportLanguage.Zh }, default);
        var scheduler = _host.Services.GetRequiredService<IReportScheduler>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => scheduler.RequestDueAsync(default)));
        await MailsAsync(1);

        var trial = await _admin.PostJsonAsync($"/admin/subscriptions/{subscription.Id}/test", """{"recipient":"me@example.com"}""");
        Assert.Equal((HttpStatusCode.Accepted, $"/admin/reports/{trial.Text("report")}"), (trial.Status, trial.Response.Headers.Location!.ToString()));
        await MailsAsync(2);

        // The queues are worked off one by one: whatever was too many would have come before the trial
        Assert.Equal(["due@example.com", "me@example.com"], _server.Mails.Select(mail => mail.To.Single()));
        Assert.StartsWith("配额使用报告", Read(_server.Mails[0]).Subject, StringComparison.Ordinal);
        Assert.StartsWith("[测试] ", Read(_server.Mails[1]).Subject, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await _admin.DeleteJsonAsync($"/admin/subscriptions/{subscription.Id}")).Status);
        Assert.Equal("not_found", (await _admin.GetJsonAsync($"/admin/subscriptions/{subscription.Id}")).Code);
    }

    [Fact]
    public async Task The_one_of_the_settings_is_listed_and_changed_there()
    {
        var listed = (await _admin.GetJsonAsync("/admin/subscriptions")).Json.GetProperty("subscriptions").EnumerateArray().First();
        Assert.Equal(("default", "default@example.com"), (listed.GetProperty("id").GetString(), listed.GetProperty("recipients")[0].GetString()));
        foreach (var refused in new[]
        {
            await _admin.PatchJsonAsync("/admin/subscriptions/default", """{"status":"paused"}"""), await _admin.DeleteJsonAsync("/admin/subscriptions/default"),
        })
        {
            Assert.Equal("invalid_request", refused.Code);
            Assert.Contains("REPORT_RECIPIENTS", refused.Json.GetProperty("errors").GetProperty("subscription")[0].GetString(), StringComparison.Ordinal);
        }
    }

    /// <summary>The mail's HTML with its pictures in it, as a mail program shows it.</summary>
    private static string WithPictures(MimeMessage mail) => mail.BodyParts.OfType<MimePart>().Where(part => part.ContentId is not null).Aggregate(mail.HtmlBody!, (html, image) =>
    {
        using var bytes = new MemoryStream();
        image.Content!.DecodeTo(bytes);
        return html.Replace($"cid:{image.ContentId}", $"data:image/png;base64,{Convert.ToBase64String(bytes.ToArray())}", StringComparison.Ordinal);
    });

    private Task MailsAsync(int count) => Eventually.TrueAsync(() => _server.Mails.Count >= count, TimeSpan.FromSeconds(30));

    private static MimeMessage Read(ReceivedMail mail) => MimeMessage.Load(new MemoryStream(mail.Content.ToArray()));
}
