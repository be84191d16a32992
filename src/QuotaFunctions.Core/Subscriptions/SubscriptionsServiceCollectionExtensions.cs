using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Registers subscriptions.</summary>
public static class SubscriptionsServiceCollectionExtensions
{
    /// <summary>Subscriptions, and what sends their reports. Needs reports, mail and the storage clients.</summary>
    public static IServiceCollection AddSubscriptions(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<SubscriptionOptions>(configuration, SubscriptionOptions.Read)
        .AddSingleton<ISubscriptionStore, SubscriptionTable>()
        .AddSingleton<IReportScheduler, ReportScheduler>()
        .AddSingleton<IReportMailer, ReportMailer>();
}
