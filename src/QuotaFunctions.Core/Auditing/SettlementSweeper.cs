using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="ISettlementSweeper"/>
/// <remarks>
/// What is late is told by the service's clock alone: the time of a row against the time of a row written just now. Everything done
/// here may be done by several instances at once, and again.
/// </remarks>
internal sealed partial class SettlementSweeper(
    OpenAccountIndex open, ChangedUsageIndex changed, AccountJobs jobs, LedgerReader books, LedgerCompactor compactor, IAccountStore store, IAuditStore log, UsageRecount recount, AccountWriters writers,
    InstanceTable instances, InstanceIdentity self, SweepScheduler scheduler, ILogger<SettlementSweeper> logger)
    : ISettlementSweeper
{
    /// <summary>After how long a process that was not seen any more is forgotten.</summary>
    private static readonly TimeSpan MemoryOfTheDead = TimeSpan.FromHours(25);

    /// <inheritdoc/>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var isArmed = false;
        try
        {
            var accounts = await open.ReadAsync(cancellationToken);
            if (accounts.Count == 0 && (await changed.ReadAsync(cancellationToken)).Count == 0)
            {
                return;
            }

            // The next sweep before this one: it must come although this process dies meanwhile.
            isArmed = await scheduler.TryArmAsync(cancellationToken);
            var fleet = await instances.LookAsync(self.Id, cancellationToken);
            await jobs.ForEachAsync("sweep its ledger", accounts, account => account.Name, (account, token) => SweepAsync(account, fleet, token), cancellationToken);
            foreach (var (id, lastSeen) in fleet.Seen)
            {
                if (lastSeen + MemoryOfTheDead < fleet.Now)
                {
                    await instances.RemoveAsync(id, cancellationToken);
                }
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            LogUnavailable(logger, StorageErrors.Kind(failure));
            if (!isArmed)
            {
                // Nobody knows whether there is open work: the next sweep will.
                await scheduler.SendAsync(cancellationToken);
            }
        }
    }

    private async Task SweepAsync(WorkMark account, Fleet fleet, CancellationToken cancellationToken)
    {
        var sweep = new AccountSweep(account.Name, fleet, books, compactor, store, log, recount, writers, logger);
        var isEmpty = await sweep.RunAsync(cancellationToken);
        if (isEmpty && account.IsSettled(fleet.Now))
        {
            await open.RemoveAsync(account, cancellationToken);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "Sweeping was given up, as storage does not answer ({Failure}); trying again in half a minute.")]
    private static partial void LogUnavailable(ILogger logger, string failure);
}
