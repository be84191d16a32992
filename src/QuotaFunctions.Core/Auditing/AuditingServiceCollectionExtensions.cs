using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Registers the log.</summary>
public static class AuditingServiceCollectionExtensions
{
    /// <summary>The log, the way into it, and what completes it. Needs the storage clients and the quota engine.</summary>
    public static IServiceCollection AddAuditing(this IServiceCollection services) => services
        .AddSingleton(InstanceIdentity.New())
        .AddSingleton<OpenCharges>()
        .AddSingleton<InstanceTable>()
        .AddSingleton<AuditBuffer>()
        .AddSingleton<IAuditSink>(provider => provider.GetRequiredService<AuditBuffer>())
        .AddSingleton<IAuditTable, TableAuditTable>()
        .AddSingleton<LedgerBooks>()
        .AddSingleton<IAuditLog, AuditLog>()
        .AddSingleton<AccountJobs>()
        .AddSingleton<IAuditEventConsumer, AuditEventConsumer>()
        .AddSingleton<SweepScheduler>()
        .AddSingleton<ISettlementSweeper, SettlementSweeper>()
        .AddSingleton<IExpiredMarks, ExpiredMarks>()
        .AddHostedService<Heartbeat>()
        .AddHostedService(provider => provider.GetRequiredService<SweepScheduler>());
}
