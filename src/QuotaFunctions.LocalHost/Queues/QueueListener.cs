using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost.Functions;

namespace QuotaFunctions.LocalHost.Queues;

/// <summary>
/// Takes the messages of a queue in batches and runs the function for each, at most batch size plus threshold at once. A message
/// is deleted when its function succeeds, comes back when it fails, and goes to the poison queue when it has failed too often.
/// </summary>
internal sealed partial class QueueListener(
    LocalFunction function,
    FunctionExecutionDelegate pipeline,
    QueueClient queue,
    QueueClient? poisonQueue,
    HostJson.QueueSettings settings,
    TimeSpan lease,
    IServiceScopeFactory scopes,
    TimeProvider time,
    ILogger logger) : ITriggerListener
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly PollingDelay _delay = new(settings.MaxPollingInterval, Random.Shared);
    private bool _reachable = true;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stopListening, CancellationToken stopRunning)
    {
        var running = new HashSet<Task>();
        while (!stopListening.IsCancellationRequested)
        {
            // Not cancelled by a stop: messages that are already on their way here would stay invisible for the whole lease.
            var messages = await ReceiveAsync(stopRunning).ConfigureAwait(false);
            foreach (var message in messages)
            {
                running.Add(ProcessAsync(message, stopRunning));
            }

            if (messages.Length > 0)
            {
                _delay.Reset();
            }
            else
            {
                await Task.Delay(_delay.Next(), time, stopListening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            running.RemoveWhere(task => task.IsCompleted);
            while (running.Count > settings.NewBatchThreshold)
            {
                running.Remove(await Task.WhenAny(running).ConfigureAwait(false));
            }
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task<QueueMessage[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var messages = (await queue.ReceiveMessagesAsync(settings.BatchSize, lease, cancellationToken).ConfigureAwait(false)).Value;
            if (!_reachable)
            {
                _reachable = true;
                LogReachable(logger, queue.Name);
            }

            return messages;
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            // Nobody has made the queue yet: that is an empty one.
            return [];
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (_reachable)
            {
                _reachable = false;
                LogUnreachable(logger, queue.Name, Describe(exception));
            }

            return [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private async Task ProcessAsync(QueueMessage message, CancellationToken stopRunning)
    {
        try
        {
            if (message.DequeueCount > settings.MaxDequeueCount && poisonQueue is not null)
            {
                // Its last try did not end in a word from the function: the process died, or could not say so.
                await MoveToPoisonQueueAsync(message, message.PopReceipt).ConfigureAwait(false);
                return;
            }

            if (Decode(message) is not { } text)
            {
                LogUndecodable(logger, message.MessageId, queue.Name);
                await MoveToPoisonQueueAsync(message, message.PopReceipt).ConfigureAwait(false);
                return;
            }

            using var done = new CancellationTokenSource();
            var renewal = KeepInvisibleAsync(message, done.Token);
            var succeeded = await InvokeAsync(message, text, stopRunning).ConfigureAwait(false);
            await done.CancelAsync().ConfigureAwait(false);
            var popReceipt = await renewal.ConfigureAwait(false);
            if (succeeded)
            {
                await queue.DeleteMessageAsync(message.MessageId, popReceipt, CancellationToken.None).ConfigureAwait(false);
            }
            else if (message.DequeueCount >= settings.MaxDequeueCount && poisonQueue is not null)
            {
                await MoveToPoisonQueueAsync(message, popReceipt).ConfigureAwait(false);
            }
            else
            {
                await queue.UpdateMessageAsync(
                    message.MessageId, popReceipt, visibilityTimeout: settings.VisibilityTimeout, cancellationToken: CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            // It is gone: deleted by a request whose answer was lost, or by somebody who got it after the lease had ended.
        }
        catch (Exception exception)
        {
            // The storage did not take the last word on it: the message comes back by itself when its lease ends.
            LogUnsettled(logger, message.MessageId, queue.Name, Describe(exception));
        }
    }

    private async Task<bool> InvokeAsync(QueueMessage message, string text, CancellationToken stopRunning)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            try
            {
                var bindingData = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase)
                {
                    ["QueueTrigger"] = text,
                    ["Id"] = message.MessageId,
                    ["PopReceipt"] = message.PopReceipt,
                    ["DequeueCount"] = message.DequeueCount,
                    ["InsertionTime"] = message.InsertedOn,
                    ["ExpirationTime"] = message.ExpiresOn,
                    ["NextVisibleTime"] = message.NextVisibleOn,
                };
                await pipeline(new LocalFunctionContext(function, text, bindingData, scope.ServiceProvider, stopRunning)).ConfigureAwait(false);
                return true;
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception, function.Name, message.MessageId, message.DequeueCount, settings.MaxDequeueCount);
                return false;
            }
        }
    }

    /// <summary>Renews the lease until <paramref name="done"/>; returns the last pop receipt.</summary>
    private async Task<string> KeepInvisibleAsync(QueueMessage message, CancellationToken done)
    {
        var popReceipt = message.PopReceipt;
        var pause = lease / 2;
        while (true)
        {
            await Task.Delay(pause, time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested)
            {
                return popReceipt;
            }

            try
            {
                // Not cancelled halfway: the storage may have changed the receipt, and the old one would delete nothing.
                var receipt = await queue.UpdateMessageAsync(
                    message.MessageId, popReceipt, visibilityTimeout: lease, cancellationToken: CancellationToken.None).ConfigureAwait(false);
                popReceipt = receipt.Value.PopReceipt;
                pause = lease / 2;
            }
            catch (Exception exception)
            {
                LogNotRenewed(logger, message.MessageId, queue.Name, Describe(exception));
                pause = lease / 10;
            }
        }
    }

    private async Task MoveToPoisonQueueAsync(QueueMessage message, string popReceipt)
    {
        if (poisonQueue is not null)
        {
            await poisonQueue.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None).ConfigureAwait(false);
            await poisonQueue.SendMessageAsync(message.Body, cancellationToken: CancellationToken.None).ConfigureAwait(false);
            LogPoison(logger, message.MessageId, queue.Name, message.DequeueCount);
        }

        await queue.DeleteMessageAsync(message.MessageId, popReceipt, CancellationToken.None).ConfigureAwait(false);
    }

    private string? Decode(QueueMessage message)
    {
        if (!settings.Base64)
        {
            return message.Body.ToString();
        }

        try
        {
            return StrictUtf8.GetString(Convert.FromBase64String(message.Body.ToString()));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return null;
        }
    }

    // A storage exception's message goes on for lines, with headers and body.
    private static string Describe(Exception exception) => exception.GetBaseException() switch
    {
        RequestFailedException { Status: > 0 } failed => $"{failed.Status} {failed.ErrorCode}",
        var other => other.Message,
    };

    [LoggerMessage(10, LogLevel.Error, "Function {Function} failed for message {MessageId}, try {Try} of {MaxTries}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string function, string messageId, long @try, int maxTries);

    [LoggerMessage(11, LogLevel.Warning, "Message {MessageId} of {Queue} went to the poison queue after {Tries} tries")]
    private static partial void LogPoison(ILogger logger, string messageId, string queue, long tries);

    [LoggerMessage(12, LogLevel.Warning, "Message {MessageId} of {Queue} is not Base64")]
    private static partial void LogUndecodable(ILogger logger, string messageId, string queue);

    [LoggerMessage(13, LogLevel.Warning, "Message {MessageId} of {Queue} could not be kept invisible: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string messageId, string queue, string reason);

    [LoggerMessage(14, LogLevel.Warning, "Message {MessageId} of {Queue} could not be deleted or handed back: {Reason}")]
    private static partial void LogUnsettled(ILogger logger, string messageId, string queue, string reason);

    [LoggerMessage(15, LogLevel.Warning, "Queue {Queue} cannot be reached: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string queue, string reason);

    [LoggerMessage(16, LogLevel.Warning, "Queue {Queue} can be reached again")]
    private static partial void LogReachable(ILogger logger, string queue);
}
