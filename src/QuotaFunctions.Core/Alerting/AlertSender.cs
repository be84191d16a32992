using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Tells of alerts.</summary>
public interface IAlertSender
{
    /// <summary>Does what a message asks for: puts together what there is to tell, or makes one attempt to deliver some of it to one target.</summary>
    /// <param name="message">A message of the queue <c>alerts</c>; it may come more than once.</param>
    /// <param name="cancellationToken">Ends the work; the message is then delivered again.</param>
    /// <exception cref="System.Text.Json.JsonException">The message is none of ours: it belongs in the poison queue.</exception>
    Task SendAsync(string message, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IAlertSender"/>
/// <remarks>Each target has a message of its own. One that fails is sent anew with a delay, so that it holds up nobody.</remarks>
internal sealed partial class AlertSender(
    AlertOutbox outbox, AlertQueue queue, IWebhookClient webhooks, IMailOutbox mails, IOptions<AlertOptions> options, TimeProvider clock, ILogger<AlertSender> logger)
    : IAlertSender
{
    private static readonly TimeSpan MaxPause = TimeSpan.FromHours(1);

    private readonly AlertOptions _options = options.Value;

    /// <inheritdoc/>
    public async Task SendAsync(string message, CancellationToken cancellationToken)
    {
        var asked = AlertQueue.Read(message);
        if (asked.Batch is null)
        {
            await outbox.FlushAsync(cancellationToken);
            return;
        }

        if (await outbox.FindAsync(asked.Batch, cancellationToken) is not { } batch)
        {
            LogUnknown(logger, asked.Batch);
        }
        else if (asked.Target == AlertOutbox.Mail)
        {
            // The same mail again does no harm: its id is the same
            foreach (var recipient in _options.Recipients)
            {
                await mails.EnqueueAsync(AlertMail.Of(batch, recipient, _options.Language), cancellationToken);
            }
        }
        else if (_options.Webhooks.FirstOrDefault(webhook => webhook.Name == asked.Target) is { } target)
        {
            await SendAsync(asked, batch, target, cancellationToken);
        }
        else
        {
            LogGone(logger, asked.Batch);
        }
    }

    private async Task SendAsync(AlertMessage asked, AlertBatch batch, WebhookTarget target, CancellationToken cancellationToken)
    {
        var result = await webhooks.SendAsync(batch, target, cancellationToken);
        var number = _options.Webhooks.ToList().IndexOf(target) + 1;
        if (result.Outcome == WebhookOutcome.Delivered)
        {
            LogSent(logger, batch.Id, number, target.ToString(), asked.Attempt + 1);
            return;
        }

        var next = asked with { Attempt = asked.Attempt + 1 };
        var pause = result.Outcome == WebhookOutcome.Refused ? null : MailRetry.Pause(next.Attempt, clock.GetUtcNow() - batch.At);
        if (pause is { } wait)
        {
            if (result.RetryAfter > wait)
            {
                wait = result.RetryAfter.Value < MaxPause ? result.RetryAfter.Value : MaxPause;
            }

            await queue.SendAsync(next, TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)), cancellationToken);
            LogRetry(logger, batch.Id, number, target.ToString(), result.Reason, wait.TotalMinutes);
        }
        else
        {
            await queue.SendToPoisonAsync(next, cancellationToken);
            LogGivenUp(logger, batch.Id, number, target.ToString(), next.Attempt, result.Reason);
        }
    }

    [LoggerMessage(3110, LogLevel.Information, "Alerts {Batch} went to webhook {Number} ({Host}), attempt {Attempt}.")]
    private static partial void LogSent(ILogger logger, string batch, int number, string host, int attempt);

    [LoggerMessage(3111, LogLevel.Warning, "Alerts {Batch} were not taken by webhook {Number} ({Host}): {Reason}. The next attempt is in {Minutes} minutes.")]
    private static partial void LogRetry(ILogger logger, string batch, int number, string host, string reason, double minutes);

    [LoggerMessage(3112, LogLevel.Error, "Alerts {Batch} were given up for webhook {Number} ({Host}) after {Attempts} attempts: {Reason}. The message is in alerts-poison.")]
    private static partial void LogGivenUp(ILogger logger, string batch, int number, string host, int attempts, string reason);

    [LoggerMessage(3113, LogLevel.Warning, "Alerts {Batch} are to be delivered, and are not in the table any more.")]
    private static partial void LogUnknown(ILogger logger, string batch);

    [LoggerMessage(3114, LogLevel.Warning, "Alerts {Batch} were for a webhook that is not in the settings any more.")]
    private static partial void LogGone(ILogger logger, string batch);
}
