using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Core.Subscriptions;

/// <inheritdoc cref="IReportMailer"/>
internal sealed partial class ReportMailer(
    ISubscriptionStore subscriptions, IMailOutbox outbox, TimeProvider clock, ILogger<ReportMailer> logger) : IReportMailer
{
    private const string Prefix = "report-";

    /// <summary>Filter: mails of reports from before a moment. A report's id begins with its time, counted backwards.</summary>
    public static string Before(DateTimeOffset moment) => TableClient.CreateQueryFilter(
        $"PartitionKey gt {Prefix + NewestFirstId.Before(moment)} and PartitionKey le {Prefix + NewestFirstId.Before(DateTimeOffset.MinValue)}");

    /// <inheritdoc/>
    public async Task DeliverAsync(string reportId, QuotaReport report, ReportDelivery delivery, CancellationToken cancellationToken)
    {
        if (await subscriptions.FindAsync(delivery.Subscription, cancellationToken) is not { } subscription)
        {
            LogNobody(logger, reportId, delivery.Subscription);
            return;
        }

        var content = await ReportMail.RenderAsync(reportId, report, subscription, outbox.SenderAddress, delivery.IsTest, cancellationToken);
        var failures = new List<Exception>();
        foreach (var recipient in delivery.Recipients ?? subscription.Settings.Recipients)
        {
            try
            {
                await outbox.EnqueueAsync(content with { Id = IdOf(reportId, recipient), Recipient = recipient }, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            // The message comes again, and those who have their mail get no second one
            throw new AggregateException(failures);
        }

        if (!delivery.IsTest)
        {
            await NoteSentAsync(subscription.Id, cancellationToken);
        }
    }

    private async Task NoteSentAsync(string subscriptionId, CancellationToken cancellationToken)
    {
        try
        {
            var now = clock.GetUtcNow();
            await subscriptions.ChangeAsync(subscriptionId, found => found.LastSentAt >= now ? null : found with { LastSentAt = now }, cancellationToken);
        }
        catch (KeyNotFoundException)
        {
            // It was deleted meanwhile
        }
    }

    /// <summary>A mail's id stands in logs and headers: the recipient is in it as a hash.</summary>
    private static string IdOf(string reportId, string recipient) =>
        $"{Prefix}{reportId}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(recipient.ToLowerInvariant())).AsSpan(0, 8))}";

    [LoggerMessage(3003, LogLevel.Information, "Report {ReportId} goes to nobody: there is no subscription {SubscriptionId} any more.")]
    private static partial void LogNobody(ILogger logger, string reportId, string subscriptionId);
}
