using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Sends the mails of the outbox.</summary>
public interface IMailSender
{
    /// <summary>Makes one attempt to send a mail, and sees to the next one where it fails. The same message may come more than once.</summary>
    /// <param name="message">A message of the queue <c>mail-outbox</c>.</param>
    /// <param name="cancellationToken">Ends the attempt; the message is then delivered again.</param>
    /// <exception cref="System.Text.Json.JsonException">The message is none of ours: it belongs in the poison queue.</exception>
    Task SendAsync(string message, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IMailSender"/>
/// <remarks>
/// <para>
/// A mail is sent at least once, and its Message-ID is the same each time. It is sent twice only where its process dies between the mail
/// server's answer and the note of it, or where that answer is lost.
/// </para>
/// <para>
/// The next message is sent before the failure is noted, so that a process that dies in between leaves a message too many and none too few.
/// One that is too many has the number of an attempt that is over, and is dropped. While an attempt goes on, the head says until when;
/// whoever comes meanwhile comes again then.
/// </para>
/// </remarks>
internal sealed partial class MailSender(MailTable table, MailQueue queue, IMailTransport transport, TimeProvider clock, ILogger<MailSender> logger) : IMailSender
{
    /// <summary>The longest attempt.</summary>
    public static readonly TimeSpan AttemptTime = TimeSpan.FromMinutes(2);

    /// <summary>For how long an attempt keeps others away: longer than it takes, as clocks differ.</summary>
    public static readonly TimeSpan BusyTime = TimeSpan.FromMinutes(3);

    /// <inheritdoc/>
    public async Task SendAsync(string message, CancellationToken cancellationToken)
    {
        var request = MailQueue.Read(message);
        var head = await table.FindAsync(request.Id, cancellationToken);
        if (head is null)
        {
            LogUnknown(logger, request.Id);
            return;
        }

        if (head.State == MailState.Sent)
        {
            // Perhaps the process that sent it died before it had deleted all
            await table.DeleteContentAsync(head, cancellationToken);
            return;
        }

        if (request.Attempt < head.Attempts)
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (head.BusyUntil is { } busy && busy > now)
        {
            await queue.SendAsync(request, Whole(busy - now), cancellationToken);
            return;
        }

        // One that was given up comes back from the poison queue: it gets another day
        var isRedriven = head.State == MailState.Failed;
        var claimed = await table.TryChangeAsync(
            head with
            {
                State = MailState.Queued,
                BusyUntil = now + BusyTime,
                FirstAttemptAt = isRedriven ? now : head.FirstAttemptAt ?? now,
                EndedAt = null,
            },
            cancellationToken);
        if (claimed is null)
        {
            await queue.SendAsync(request, BusyTime, cancellationToken);
            return;
        }

        await AttemptAsync(claimed, cancellationToken);
    }

    private async Task AttemptAsync(MailHead head, CancellationToken cancellationToken)
    {
        var content = await table.ReadContentAsync(head, cancellationToken);
        using var deadline = new CancellationTokenSource(AttemptTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await transport.SendAsync(head.Id, head.Recipient, content, either.Token);
        }
        catch (MailException failure)
        {
            await FailedAsync(head, failure, cancellationToken);
            return;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await FailedAsync(head, new MailException(MailFailure.Transient, "no answer in time"), cancellationToken);
            return;
        }

        // The mail is out: this is noted also where the process is asked to stop.
        var sent = head with { State = MailState.Sent, BusyUntil = null, EndedAt = clock.GetUtcNow(), Attempts = head.Attempts + 1, LastError = null };
        if (await table.TryChangeAsync(sent, CancellationToken.None) is not null)
        {
            await table.DeleteContentAsync(sent, CancellationToken.None);
        }

        LogSent(logger, head.Id, transport.Destination, sent.Attempts);
    }

    private async Task FailedAsync(MailHead head, MailException failure, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var failed = head with { Attempts = head.Attempts + 1, BusyUntil = null, LastError = failure.Message };
        var next = new MailRequest(head.Id, failed.Attempts);
        var pause = failure.Failure == MailFailure.Permanent ? null : MailRetry.Pause(failed.Attempts, now - (head.FirstAttemptAt ?? now));
        if (pause is { } wait)
        {
            await queue.SendAsync(next, wait, cancellationToken);
            await table.TryChangeAsync(failed, cancellationToken);
            if (failure.Failure == MailFailure.Configuration)
            {
                LogConfiguration(logger, head.Id, failure.Message, wait.TotalMinutes);
            }
            else
            {
                LogRetry(logger, head.Id, failure.Message, wait.TotalMinutes);
            }

            return;
        }

        await queue.SendToPoisonAsync(next, cancellationToken);
        await table.TryChangeAsync(failed with { State = MailState.Failed, EndedAt = now }, cancellationToken);
        LogGivenUp(logger, head.Id, failed.Attempts, failure.Message);
    }

    /// <summary>The queue knows whole seconds.</summary>
    private static TimeSpan Whole(TimeSpan time) => TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds));

    [LoggerMessage(2901, LogLevel.Information, "Mail {MailId} went to {Destination}, attempt {Attempt}.")]
    private static partial void LogSent(ILogger logger, string mailId, string destination, int attempt);

    [LoggerMessage(2902, LogLevel.Warning, "Mail {MailId} was not taken ({Reason}); the next attempt is in {Minutes} minutes.")]
    private static partial void LogRetry(ILogger logger, string mailId, string reason, double minutes);

    [LoggerMessage(2903, LogLevel.Error, "Mail {MailId} cannot be sent as the settings are ({Reason}): see docs/mail.md. The next attempt is in {Minutes} minutes.")]
    private static partial void LogConfiguration(ILogger logger, string mailId, string reason, double minutes);

    [LoggerMessage(2904, LogLevel.Error, "Mail {MailId} was given up after {Attempts} attempts ({Reason}). It is in the poison queue mail-outbox-poison.")]
    private static partial void LogGivenUp(ILogger logger, string mailId, int attempts, string reason);

    [LoggerMessage(2905, LogLevel.Warning, "Mail {MailId} is asked for, but is not in the table.")]
    private static partial void LogUnknown(ILogger logger, string mailId);
}
