using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Alerting;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>Requests to a real receiver on this machine.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "a-secret-of-the-tests-only";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly List<(string Body, IHeaderDictionary Headers)> _received = [];
    private WebApplication _receiver = null!;
    private Func<HttpContext, Task> _answer = context => Task.CompletedTask;

    private string Address => _receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Urls.Add("http://127.0.0.1:0");
        _receiver.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_received)
            {
                _received.Add((body, new HeaderDictionary(context.Request.Headers.ToDictionary())));
            }

            await _answer(context);
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task It_is_signed_over_the_time_and_the_body_and_has_the_same_id_and_body_each_time()
    {
        using var client = Client();
        Assert.Equal(WebhookOutcome.Delivered, (await SendAsync(client)).Outcome);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(client);

        Assert.Equal(2, _received.Count);
        Assert.Equal(_received[0].Body, _received[1].Body);
        foreach (var ((body, headers), at) in _received.Zip(new[] { "1795953600", "1795953660" }))
        {
            Assert.Equal("batch-1", headers[WebhookClient.EventIdHeader]);
            Assert.Equal("application/json; charset=utf-8", headers.ContentType);
            var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{at}.{body}")));
            Assert.Equal($"t={at},v1={expected}", headers[WebhookClient.SignatureHeader]);
        }
    }

    [Fact]
    public async Task Without_a_secret_it_is_not_signed()
    {
        using var client = Client(("ALERT_WEBHOOK_SECRET", null));
        await SendAsync(client);
        Assert.False(_received.Single().Headers.ContainsKey(WebhookClient.SignatureHeader));
    }

    [Theory]
    [InlineData(200, "Delivered")]
    [InlineData(204, "Delivered")]
    [InlineData(301, "Refused")]
    [InlineData(400, "Refused")]
    [InlineData(404, "Refused")]
    [InlineData(408, "Later")]
    [InlineData(429, "Later")]
    [InlineData(500, "Later")]
    [InlineData(503, "Later")]
    public async Task What_it_answers_decides(int status, string outcome)
    {
        _answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = status == 301 ? "/elsewhere" : default;
            return Task.CompletedTask;
        };
        using var client = Client();
        var result = await SendAsync(client);
        Assert.Equal((outcome, $"status {status}"), (result.Outcome.ToString(), result.Reason));
        Assert.Single(_received);
    }

    [Fact]
    public async Task It_may_ask_for_a_pause()
    {
        _answer = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "120");
            return Task.CompletedTask;
        };
        using var client = Client();
        Assert.Equal(TimeSpan.FromMinutes(2), (await SendAsync(client)).RetryAfter);
    }

    [Theory]
    [InlineData("dingtalk", """{"errcode":0,"errmsg":"ok"}""", "Delivered")]
    [InlineData("dingtalk", """{"errcode":310000,"errmsg":"keywords not in content"}""", "Later")]
    [InlineData("feishu", """{"code":0,"msg":"success"}""", "Delivered")]
    [InlineData("feishu", """{"code":19024,"msg":"Key Words Not Found"}""", "Later")]
    [InlineData("feishu", "not JSON", "Delivered")]
    [InlineData("slack", """{"code":1,"errcode":1}""", "Delivered")]
    public async Task Some_say_200_whatever_they_think(string shape, string answer, string outcome)
    {
        _answer = context => context.Response.WriteAsync(answer);
        using var client = Client();
        Assert.Equal(outcome, (await SendAsync(client, $"{shape}+{Address}/hook")).Outcome.ToString());
    }

    [Fact]
    public async Task One_that_hangs_is_given_up_after_ten_seconds()
    {
        var asked = new TaskCompletionSource();
        _answer = async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        using var client = Client();
        var sending = SendAsync(client);
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal((WebhookOutcome.Later, "no answer in time"), await Pair(sending));
    }

    [Fact]
    public async Task Whoever_stops_the_service_does_not_wait_for_it()
    {
        using var client = Client();
        using var stop = new CancellationTokenSource();
        _answer = async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(client, stop: stop.Token));
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_tried_later_and_the_reason_has_nothing_of_the_address()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = Client();
        Assert.Equal((WebhookOutcome.Later, "ConnectionRefused"), await Pair(SendAsync(client, $"http://127.0.0.1:{port}/secret")));
    }

    [Theory]
    [InlineData("https://127.0.0.1/hook")]
    [InlineData("https://2130706433/hook")]
    [InlineData("https://[::1]/hook")]
    [InlineData("https://[::ffff:127.0.0.1]/hook")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://internal.example.com/hook")]
    public async Task A_private_address_is_refused_after_its_name_was_resolved(string url)
    {
        using var client = new WebhookClient(AlertWorld.Options(), _clock, (host, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.1.2.3")]));
        Assert.True(WebhookTarget.TryParse(url, allowPlain: false, out var target, out _));
        Assert.Equal((WebhookOutcome.Refused, "its address is private"), await Pair(client.SendAsync(Batch, target, CancellationToken.None)));
    }

    [Theory]
    [InlineData("https://hooks.slack.com/services/T/B/x", "Slack")]
    [InlineData("https://discord.com/api/webhooks/1/x", "Discord")]
    [InlineData("https://api.telegram.org/bot1:x/sendMessage?chat_id=-100", "Telegram")]
    [InlineData("https://oapi.dingtalk.com/robot/send?access_token=x", "DingTalk")]
    [InlineData("https://open.feishu.cn/open-apis/bot/v2/hook/x", "Feishu")]
    [InlineData("https://acme.webhook.office.com/x", "Teams")]
    [InlineData("https://prod-1.logic.azure.com/x", "Json")]
    [InlineData("teams+https://prod-1.logic.azure.com/x", "Teams")]
    [InlineData("json+https://hooks.slack.com/x", "Json")]
    [InlineData("SLACK+https://mattermost.example.com/hooks/x", "Slack")]
    [InlineData("https://evil-hooks.slack.com.example.com/a+b:c", "Json")]
    public void The_shape_is_named_or_follows_from_the_host(string text, string shape)
    {
        Assert.True(WebhookTarget.TryParse(text, allowPlain: false, out var target, out var fault), fault);
        Assert.Equal(shape, target.Shape.ToString());
        Assert.Equal(target.Url.Host, target.ToString());
        Assert.Matches("^webhook-[0-9a-f]{12}$", target.Name);
    }

    [Theory]
    [InlineData("http://hooks.example.com")]
    [InlineData("irc+https://hooks.example.com")]
    [InlineData("1+https://hooks.example.com")]
    [InlineData("ftp://hooks.example.com")]
    [InlineData("https://user:password@hooks.example.com")]
    [InlineData("hooks.example.com")]
    [InlineData("https://api.telegram.org/bot1:x/sendMessage")]
    public void What_is_no_webhook_is_told_without_showing_it(string text)
    {
        Assert.False(WebhookTarget.TryParse(text, allowPlain: false, out _, out var fault));
        Assert.NotEmpty(fault);
        Assert.DoesNotContain("password", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hooks.example", fault, StringComparison.Ordinal);
    }

    private static AlertBatch Batch => WebhookBodyTests.Batch("Ada");

    private WebhookClient Client(params (string, string?)[] settings) =>
        new(AlertWorld.Options([("ALERT_WEBHOOK_SECRET", Secret), ("ALERT_WEBHOOK_ALLOW_PRIVATE", "true"), .. settings]), _clock);

    private Task<WebhookResult> SendAsync(WebhookClient client, string? url = null, CancellationToken stop = default)
    {
        Assert.True(WebhookTarget.TryParse(url ?? $"{Address}/hook", allowPlain: true, out var target, out _));
        return client.SendAsync(Batch, target, stop);
    }

    private static async Task<(WebhookOutcome, string)> Pair(Task<WebhookResult> sending) => await sending is var result ? (result.Outcome, result.Reason) : default;
}

/// <summary>What each kind of receiver gets, to the letter.</summary>
public sealed class WebhookBodyTests
{
    [Theory]
    [InlineData("slack", """{"text":"QuotaFunctions\nwarning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests."}""")]
    [InlineData("discord", """{"content":"QuotaFunctions\nwarning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests.","allowed_mentions":{"parse":[]}}""")]
    [InlineData("telegram", """{"chat_id":"-100","text":"QuotaFunctions\nwarning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests."}""")]
    [InlineData("dingtalk", """{"msgtype":"text","text":{"content":"QuotaFunctions\nwarning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests."}}""")]
    [InlineData("feishu", """{"msg_type":"text","content":{"text":"QuotaFunctions\nwarning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests."}}""")]
    [InlineData("teams", """{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"QuotaFunctions","wrap":true},{"type":"TextBlock","text":"warning: Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests.","wrap":true}]}}]}""")]
    [InlineData("json", """{"event_id":"batch-1","sent_at":"2026-11-29T12:00:00Z","events":[{"event":"opened","text":"Ada (key_x) has used 80 % of its quota: 800 of 1,000 requests.","id":"alert_0","rule":"quota_threshold","subject":"key_x","severity":"warning","state":"open","value":80,"opened_at":"2026-11-29T12:00:00Z","changed_at":"2026-11-29T12:00:00Z","data":{"limit":"1000","name":"Ada","unit":"requests","used":"800"}}]}""")]
    public void Each_kind_has_its_shape(string shape, string body) => Assert.Equal(body, Body(shape, Batch("Ada")));

    /// <summary>A key's name is anybody's text: it calls nobody, is no link, and begins no line of its own.</summary>
    [Theory]
    [InlineData("slack", "<!channel> & <https://evil.example|x>", "&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt; (key_x)")]
    [InlineData("feishu", "<at user_id=\"all\">", "＜at user_id=\\\"all\\\"＞ (key_x)")]
    [InlineData("teams", "[x](https://evil.example)", "\\\\[x\\\\](https://evil.example) (key_x)")]
    [InlineData("dingtalk", "a\r\nb\u202Ec\u2028d", "a  b c d (key_x)")]
    public void Names_are_text_and_nothing_else(string shape, string name, string shown) =>
        Assert.Contains($"warning: {shown} has used", Body(shape, Batch(name)), StringComparison.Ordinal);

    [Fact]
    public void A_text_is_not_too_long_and_says_how_many_more_there_are()
    {
        var notice = Batch(new string('n', 200)).Notices[0];
        var body = Body("discord", new AlertBatch("batch-1", Batch("").At, [.. Enumerable.Repeat(notice, 50)], 150));
        var text = JsonDocument.Parse(body).RootElement.GetProperty("content").GetString()!;
        Assert.InRange(text.Length, 1500, 2000);
        Assert.Matches(@"\nand 1[89]\d more: GET /manage/alerts lists them\.$", text);
    }

    internal static AlertBatch Batch(string name)
    {
        var at = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        return new AlertBatch("batch-1", at, [new AlertNotice(AlertEvent.Opened, new Alert
        {
            Id = "alert_0", Rule = AlertRules.QuotaThreshold, Subject = "key_x", Severity = AlertSeverity.Warning, State = AlertState.Open, Value = 80,
            Data = AlertData.Of(("name", name), ("unit", "requests"), ("used", 800), ("limit", 1000)), OpenedAt = at, ChangedAt = at,
        })], 0);
    }

    private static string Body(string shape, AlertBatch batch)
    {
        Assert.True(WebhookTarget.TryParse($"{shape}+https://hooks.example.com/x?chat_id=-100", allowPlain: false, out var target, out _));
        return Encoding.UTF8.GetString(WebhookBody.Of(batch, target, "en"));
    }
}
