using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>Deliveries, their retries and their end. The webhooks' names resolve to nothing that may be called, unless a test says otherwise.</summary>
public sealed class AlertSenderTests
{
    [Fact]
    public void A_mail_goes_to_each_recipient_once_however_often_it_is_asked_for() => AlertWorld.Run(async world =>
    {
        world.Settings["REPORT_LANGUAGE"] = "zh";
        var (instance, batch) = await BatchAsync(world);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await SendAsync(instance, new AlertMessage(batch, AlertOutbox.Mail));
        }

        Assert.Equal(["ops@example.com", "ada@example.com"], world.Mails.Select(mail => mail.Recipient));
        Assert.Equal(2, world.Mails.Select(mail => mail.Id).Distinct().Count());
        Assert.All(world.Mails, mail => Assert.True(Core.Mailing.MailId.IsValid(mail.Id)));
        Assert.All(world.Mails, mail => Assert.DoesNotContain("example", mail.Id, StringComparison.Ordinal));
        Assert.All(world.Mails, mail => Assert.Contains("已使用配额的 80%", mail.Subject, StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(0, 60)]
    [InlineData(1, 120)]
    [InlineData(5, 3600)]
    [InlineData(20, 3600)]
    public void One_that_fails_is_tried_again_after_a_growing_pause(int attempt, int seconds) => AlertWorld.Run(async world =>
    {
        var (instance, batch) = await BatchAsync(world);
        instance.Get<ScriptedWebhooks>().Result = new WebhookResult(WebhookOutcome.Later, "status 500");
        await SendAsync(instance, Webhook(world, batch, attempt));
        var again = instance.Queues.Messages[^1];
        Assert.Equal(("alerts", attempt + 1), (again.Queue, AlertQueue.Read(again.Text).Attempt));
        Assert.Equal(seconds, (again.SeenAt - world.Now).TotalSeconds, 1d);
    });

    [Fact]
    public void A_webhook_that_asks_for_a_longer_pause_gets_it_up_to_an_hour() => AlertWorld.Run(async world =>
    {
        var (instance, batch) = await BatchAsync(world);
        foreach (var (asked, seconds) in new[] { (90, 90), (10, 60), (100_000, 3600) })
        {
            instance.Get<ScriptedWebhooks>().Result = new WebhookResult(WebhookOutcome.Later, "status 429", TimeSpan.FromSeconds(asked));
            await SendAsync(instance, Webhook(world, batch));
            Assert.Equal(seconds, (instance.Queues.Messages[^1].SeenAt - world.Now).TotalSeconds, 1d);
        }
    });

    [Fact]
    public void After_a_day_it_is_given_up_and_seen_in_the_poison_queue() => AlertWorld.Run(async world =>
    {
        var (instance, batch) = await BatchAsync(world);
        instance.Get<ScriptedWebhooks>().Result = new WebhookResult(WebhookOutcome.Later, "status 500");
        await world.PassAsync(TimeSpan.FromHours(22.9));
        await SendAsync(instance, Webhook(world, batch, 30));
        Assert.Equal("alerts", instance.Queues.Messages[^1].Queue);
        await world.PassAsync(TimeSpan.FromHours(0.2));
        await SendAsync(instance, Webhook(world, batch, 31));
        Assert.Equal("alerts-poison", instance.Queues.Messages[^1].Queue);
    });

    [Fact]
    public void One_that_is_refused_is_given_up_at_once_and_the_log_has_nothing_of_its_address() => AlertWorld.Run(async world =>
    {
        var log = new FakeLogCollector();
        var (instance, batch) = await BatchAsync(world, log);
        instance.Get<ScriptedWebhooks>().Result = new WebhookResult(WebhookOutcome.Refused, "status 404");
        await SendAsync(instance, Webhook(world, batch));
        Assert.Equal("alerts-poison", instance.Queues.Messages[^1].Queue);
        var error = Assert.Single(log.GetSnapshot(), record => record.Level == LogLevel.Error);
        Assert.Contains("webhook 1 (hooks.example.com)", error.Message, StringComparison.Ordinal);
        Assert.All(log.GetSnapshot(), record => Assert.DoesNotContain("secret-path", record.Message, StringComparison.Ordinal));
        Assert.All(instance.Queues.Messages, message => Assert.DoesNotContain("secret-path", message.Text, StringComparison.Ordinal));
    });

    [Fact]
    public void What_is_not_there_any_more_is_dropped() => AlertWorld.Run(async world =>
    {
        var (instance, batch) = await BatchAsync(world);
        var before = instance.Queues.Messages.Count;
        await SendAsync(instance, new AlertMessage(batch, "webhook-of-the-past"));
        await SendAsync(instance, new AlertMessage("gone", AlertOutbox.Mail));
        Assert.Equal(before, instance.Queues.Messages.Count);
        Assert.Empty(world.Mails);
    });

    [Theory]
    [InlineData("null")]
    [InlineData("not JSON")]
    public void What_is_none_of_ours_is_refused(string message) => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        await Assert.ThrowsAsync<JsonException>(() => instance.Get<IAlertSender>().SendAsync(message, CancellationToken.None));
    });

    private static AlertMessage Webhook(AlertWorld world, string batch, int attempt = 0)
    {
        Assert.True(WebhookTarget.TryParse(world.Settings["ALERT_WEBHOOK_URLS"]!.Split(',')[0], allowPlain: false, out var target, out _));
        return new AlertMessage(batch, target.Name, attempt);
    }

    private static async Task<(SimulatedInstance Instance, string Batch)> BatchAsync(AlertWorld world, FakeLogCollector? log = null)
    {
        var instance = world.NewInstance(services =>
        {
            services.AddSingleton<ScriptedWebhooks>().AddSingleton<IWebhookClient>(provider => provider.GetRequiredService<ScriptedWebhooks>());
            if (log is not null)
            {
                services.AddSingleton<ILogger<AlertSender>>(new FakeLogger<AlertSender>(log));
            }
        });
        await instance.Get<AlertBook>().ReachAsync(new(
            "key_x", "Ada", Core.Accounts.QuotaUnit.Requests, 100, 80, "one", ResetsAt: null, 1), 80, CancellationToken.None);
        await instance.Get<AlertOutbox>().FlushAsync(CancellationToken.None);
        return (instance, AlertQueue.Read(instance.Queues.Messages[^1].Text).Batch!);
    }

    private static Task SendAsync(SimulatedInstance instance, AlertMessage message) =>
        instance.Get<IAlertSender>().SendAsync(JsonSerializer.Serialize(message, AlertJson.Default.AlertMessage), CancellationToken.None);

    private sealed class ScriptedWebhooks : IWebhookClient
    {
        public WebhookResult Result { get; set; } = new(WebhookOutcome.Delivered, "status 200");

        public Task<WebhookResult> SendAsync(AlertBatch batch, WebhookTarget target, CancellationToken cancellationToken) => Task.FromResult(Result);
    }
}
