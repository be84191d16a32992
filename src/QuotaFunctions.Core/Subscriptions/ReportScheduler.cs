using System.Globalization;
using Microsoft.Extensions.Logging;
using NodaTime;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Asks for the reports of subscriptions.</summary>
public interface IReportScheduler
{
    /// <summary>Asks for every report that is due: one for each subscription and period, however often this is called.</summary>
    Task RequestDueAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the report of a subscription's last whole period as a trial. Returns the report's id.</summary>
    /// <param name="subscription">The subscription, also one that is paused.</param>
    /// <param name="recipient">Who gets it; null for the subscription's recipients.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<string> RequestTestAsync(Subscription subscription, string? recipient, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IReportScheduler"/>
/// <remarks>
/// The report is asked for before that is noted. Its id follows from the subscription and the period, so a process that dies in between, or two
/// that are at it at once, ask twice for the same report, which is made and sent once.
/// </remarks>
internal sealed partial class ReportScheduler(
    ISubscriptionStore subscriptions, IReportStore reports, TimeProvider clock, ILogger<ReportScheduler> logger) : IReportScheduler
{
    /// <inheritdoc/>
    public async Task RequestDueAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in await subscriptions.ListAsync(tenant: null, cancellationToken))
        {
            try
            {
                await RequestAsync(subscription, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // The others are not held up, and the next call asks again
                LogNotRequested(logger, subscription.Id, StorageErrors.Kind(failure));
            }
        }
    }

    /// <inheritdoc/>
    public async Task<string> RequestTestAsync(Subscription subscription, string? recipient, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = NewestFirstId.New(now);
        var delivery = new ReportDelivery(subscription.Id, recipient is null ? null : [recipient], IsTest: true);
        await reports.RequestAsync(id, RequestOf(subscription.Settings, now), delivery, cancellationToken);
        return id;
    }

    /// <summary>
    /// The period whose report is due; null where none is. After a standstill it is the last whole period, and those before it are left out.
    /// </summary>
    internal static ReportPeriod? DuePeriod(Subscription subscription, DateTimeOffset now)
    {
        var settings = subscription.Settings;
        var after = subscription.LastRunAt is { } last && last > subscription.Since ? last : subscription.Since;
        if (subscription.Status == SubscriptionStatus.Paused
            || ReportSchedule.NextAfter(settings.Schedule, DateTimeZoneProviders.Tzdb[settings.TimeZone], after) is not { } due
            || due > now)
        {
            return null;
        }

        var (period, _) = ReportPeriods.Of(RequestOf(settings, now), now);
        return period.To > subscription.Since && DaysOf(period) != subscription.LastPeriod ? period : null;
    }

    internal static string DaysOf(ReportPeriod period) =>
        string.Create(CultureInfo.InvariantCulture, $"{period.FirstDay:yyyy-MM-dd}/{period.LastDay:yyyy-MM-dd}");

    private static ReportRequest RequestOf(SubscriptionSettings settings, DateTimeOffset now) => new()
    {
        Period = settings.Period,
        TimeZone = settings.TimeZone,
        Tenant = settings.Tenant,
        Key = settings.Key,
        Language = settings.Language,
        AsOf = now,
    };

    private async Task RequestAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (DuePeriod(subscription, now) is not { } period)
        {
            return;
        }

        var id = NewestFirstId.Of(period.To, $"{subscription.Id}/{period.Kind}/{DaysOf(period)}");
        await reports.RequestAsync(id, RequestOf(subscription.Settings, now), new ReportDelivery(subscription.Id), cancellationToken);
        LogRequested(logger, id, subscription.Id, DaysOf(period));
        try
        {
            await subscriptions.ChangeAsync(
                subscription.Id, found => found.LastRunAt >= now ? null : found with { LastRunAt = now, LastPeriod = DaysOf(period) }, cancellationToken);
        }
        catch (KeyNotFoundException)
        {
            // It was deleted meanwhile
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Report {ReportId} of {Days} is asked for, for subscription {SubscriptionId}.")]
    private static partial void LogRequested(ILogger logger, string reportId, string subscriptionId, string days);

    [LoggerMessage(3002, LogLevel.Error, "The report for subscription {SubscriptionId} could not be asked for ({Failure}). It is tried again in a quarter of an hour.")]
    private static partial void LogNotRequested(ILogger logger, string subscriptionId, string failure);
}
