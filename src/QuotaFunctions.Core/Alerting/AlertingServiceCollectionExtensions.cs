using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Registers alerts.</summary>
public static class AlertingServiceCollectionExtensions
{
    /// <summary>What needs attention, the rules that find it, and who is told. Needs usage, keys, the log, the queues, the proxy path, mail and subscriptions.</summary>
    public static IServiceCollection AddAlerting(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<AlertOptions>(configuration, AlertOptions.Read)
        .AddSingleton<AlertTable>()
        .AddSingleton<AlertQueue>()
        .AddSingleton<AlertOutbox>()
        .AddSingleton<AlertBook>()
        .AddSingleton<QuotaThresholds>()
        .AddSingleton<IStandingListener>(provider => provider.GetRequiredService<QuotaThresholds>())
        .AddSingleton<IAlertRule, FailureRateRule>()
        .AddSingleton<IAlertRule, UnusualRateRule>()
        .AddSingleton<IAlertRule, ForecastRule>()
        .AddSingleton<IAlertRule, CredentialRule>()
        .AddSingleton<IAlertRule>(provider => new QueueBacklogRule(provider.GetRequiredService<QueueMonitor>().ReadAsync))
        .AddSingleton<IAlertRule>(provider => new QueuePoisonRule(provider.GetRequiredService<QueueMonitor>().ReadAsync))
        .AddSingleton<IAlertRule, OverdueJobRule>()
        .AddSingleton<IAlertRule, ReportRule>()
        .AddSingleton<IAlertRule, BooksRule>()
        .AddSingleton<IAlertEvaluator, AlertEvaluator>()
        .AddSingleton<IAlerts, Alerts>()
        .AddSingleton<IWebhookClient, WebhookClient>()
        .AddSingleton<IAlertSender, AlertSender>();
}
