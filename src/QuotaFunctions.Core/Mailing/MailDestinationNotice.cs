using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Says once, at the start, where mails go.</summary>
internal sealed partial class MailDestinationNotice(IMailTransport transport, ILogger<MailDestinationNotice> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (transport is MissingMailTransport)
        {
            LogNowhere(logger);
        }
        else
        {
            LogDestination(logger, transport.Destination);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(2910, LogLevel.Information, "Mails go to {Destination}.")]
    private static partial void LogDestination(ILogger logger, string destination);

    [LoggerMessage(2911, LogLevel.Warning, "No mails are sent: set SMTP_HOST, or MAIL_PICKUP_DIRECTORY to have them as files.")]
    private static partial void LogNowhere(ILogger logger);
}
