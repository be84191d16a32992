using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Registers the log.</summary>
public static class AuditingServiceCollectionExtensions
{
    /// <summary>The log, the way into it, and what completes it. Needs the storage clients and the quota engine.</summary>
    public static IServiceCollection AddAuditing(this IServiceCollection services) => services
        .AddSingleton(InstanceIdentity.New())
        .AddSingleton<InFlightCharges>()
        .AddSingleton<InstanceTable>()
        .AddSingleton<Presence>()
        .AddSingleton<AuditBuffer>()
        .AddSingleton<IAuditSink>(provider => provider.GetRequiredService<AuditBuffer>())
        .AddSingleton<IAuditBufferStatus>(provider => provider.GetRequiredService<AuditBuffer>())
        .AddSingleton<AuditIndex>()
        .AddSingleton<IAuditStore, AuditTable>()
        .AddSingleton<CommitRecorder>()
        .AddSingleton<ICommitListener>(provider => provider.GetRequiredService<CommitRecorder>())
        .AddSingleton<IChargeHistory>(provider => provider.GetRequiredService<CommitRecorder>())
        .AddSingleton<ChangedUsageIndex>()
        .AddSingleton<LedgerReader>()
        .AddSingleton<KeyArchive>()
        .AddSingleton<CompactionPause>()
        .AddSingleton<LedgerCompactor>()
        .AddSingleton<UsageRecount>()
        .AddSingleton<IAuditLog, AuditLog>()
        .AddSingleton<IBookVerifier, BookVerifier>()
        .AddSingleton<IBookInspector, BookInspector>()
        .AddSingleton<AccountJobs>()
        .AddSingleton<IAuditEventConsumer, AuditEventConsumer>()
        .AddSingleton<SweepScheduler>()
        .AddSingleton<ISettlementSweeper, SettlementSweeper>()
        .AddSingleton<IExpiredMarks, ExpiredMarks>()
        .AddHostedService<ShutdownFlush>()
        .AddHostedService<Heartbeat>()
        .AddHostedService(provider => provider.GetRequiredService<SweepScheduler>());
}
