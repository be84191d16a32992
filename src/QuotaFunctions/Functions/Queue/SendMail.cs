using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Sends a mail of the outbox. A message may come more than once.</summary>
public sealed class SendMail(IMailSender sender)
{
    /// <summary>One message: a mail to one recipient.</summary>
    [Function(nameof(SendMail))]
    public Task RunAsync([QueueTrigger(StorageNames.MailOutboxQueue)] string message, CancellationToken cancellationToken) =>
        sender.SendAsync(message, cancellationToken);
}
