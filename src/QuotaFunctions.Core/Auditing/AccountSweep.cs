using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// One sweep over one account: what is left behind in its ledger and on its leases goes into the log, holds that nobody settles are
/// settled, and rows that are wholly in the log are compacted. A row that cannot be read, or fails, does not keep the others.
/// </summary>
internal sealed partial class AccountSweep(
    string accountId, Fleet fleet, LedgerReader books, LedgerCompactor compactor, IAccountStore store, IAuditStore log, UsageRecount recount, AccountWriters writers,
    ILogger logger)
{
    /// <summary>
    /// How long a charge may be missing in the log. After that, what the ledger knows whole goes into the log though its process lives:
    /// the message of it may be with a process that was killed, and comes back only when the host's hold on it ends.
    /// </summary>
    private static readonly TimeSpan LateAfter = Fleet.SilenceLimit;

    /// <summary>
    /// How old an entry must be to be closed even though its process lives: what was to close it is lost, above all a message
    /// that the queue gave up. Should the end of the charge still come, it goes over this.
    /// </summary>
    private static readonly TimeSpan AgeLimit = TimeSpan.FromHours(1);

    /// <summary>How old a row must be to be looked at: younger ones are still on their way through the queue.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    /// <summary>Rows that are looked at together.</summary>
    private const int GroupSize = 100;

    private readonly List<Exception> _failures = [];

    /// <summary>Sweeps the account. True where there was nothing at all: neither ledger row nor lease.</summary>
    /// <exception cref="AggregateException">Some of it failed; the rest is done.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var isEmpty = await SweepLeasesAsync(cancellationToken);
        var group = new List<OpenCommit>();
        await foreach (var row in books.ReadOpenAsync(accountId, cancellationToken))
        {
            isEmpty = false;
            if (TryRead(row) is not { } commit || commit.StoredAt + MinAge > fleet.Now)
            {
                continue;
            }

            group.Add(commit);
            if (group.Count == GroupSize)
            {
                await SweepAsync(group, cancellationToken);
                group.Clear();
            }
        }

        await SweepAsync(group, cancellationToken);
        await recount.RunAsync(accountId, cancellationToken);
        return _failures.Count == 0 ? isEmpty : throw new AggregateException(_failures);
    }

    /// <summary>
    /// Ends the leases that dead instances left behind, and any that is out for too long: its owner would have given it back.
    /// True where there are no leases.
    /// </summary>
    private async Task<bool> SweepLeasesAsync(CancellationToken cancellationToken)
    {
        if (KeyLocator.IsPoolId(accountId))
        {
            return true;
        }

        try
        {
            var leases = await store.ReadLeasesAsync(accountId, cancellationToken);
            if (leases.Any(lease => IsLeftBehind(lease.Owner, lease.WrittenAt ?? fleet.Now) || lease.Until + (2 * LateAfter) < fleet.Now))
            {
                // An act that changes nothing needs the whole account, and so ends all leases.
                await writers.RunAsync(accountId, new UpdateCommand(accountId, accountId, (_, _, _) => null, writers.NewDeadline()));
            }

            return leases.Count == 0;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            _failures.Add(failure);
            return false;
        }
    }

    private OpenCommit? TryRead(TableEntity row)
    {
        try
        {
            return LedgerReader.ToCommit(row);
        }
#pragma warning disable CA1031 // Whatever a damaged row makes of its reading, the next row is not damaged.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnreadable(logger, accountId, row.RowKey, failure.GetType().Name);
            _failures.Add(failure);
            return null;
        }
    }

    /// <summary>True for what was written so long ago that it would be done with, by a process that is silent, or longer ago yet.</summary>
    private bool IsLeftBehind(string owner, DateTimeOffset storedAt) =>
        IsLate(storedAt) && (storedAt + AgeLimit < fleet.Now || fleet.IsSilent(owner));

    private bool IsLate(DateTimeOffset storedAt) => storedAt + LateAfter < fleet.Now;

    /// <summary>Sweeps some rows.</summary>
    private async Task SweepAsync(List<OpenCommit> commits, CancellationToken cancellationToken)
    {
        if (commits.Count == 0)
        {
            return;
        }

        var written = await WrittenEntries.ReadAsync(log, commits.Select(commit => commit.Row), cancellationToken);
        var late = new List<AuditEvent>();
        var audited = new List<LedgerRow>();
        var holds = new List<(LedgerRow Row, int Index)>();
        foreach (var (_, row, storedAt) in commits)
        {
            try
            {
                var isOrphan = IsLeftBehind(row.Owner, storedAt);
                var isDone = true;
                for (var i = 0; i < row.Entries.Count; i++)
                {
                    isDone &= written.Has(row, i) || await CloseAsync(row, i, IsLate(storedAt), isOrphan, written, late, holds, cancellationToken);
                }

                if (isDone)
                {
                    audited.Add(row);
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                LogUnreadable(logger, accountId, AccountRowKeys.Commit(row.Sequence), failure.GetType().Name);
                _failures.Add(failure);
            }
        }

        // First into the log, then out of the ledger: in between, a row is in both, and no row is in neither.
        if (late.Count > 0)
        {
            LogLate(logger, accountId, late.Count);
            await log.WriteAsync(late, cancellationToken);
            written = await WrittenEntries.ReadAsync(log, audited, cancellationToken);
        }

        await compactor.CompactAsync(accountId, [.. audited.Select(row => ToCommit(row, written))], cancellationToken);
        await Task.WhenAll(holds.Select(SettleHoldAsync));
    }

    private static AuditedCommit ToCommit(LedgerRow row, WrittenEntries written) => new(row.Sequence, [.. row.Entries.Select((entry, index) =>
    {
        var logged = written.Find(row, index)!;

        // When a charge was made whose beginning is not known any more, nobody can tell.
        var word = logged.Entry.At == default ? logged.Entry with { At = row.At } : logged.Entry;
        return UsageOfEntry.Of(entry.KeyId, logged.Id, row.RefOf(index), entry.ChargeKind, logged.Phase, word);
    })]);

    /// <summary>Closes an entry that is not in the log. True when it is in <paramref name="late"/> now, and so done with.</summary>
    private async Task<bool> CloseAsync(
        LedgerRow row, int index, bool isLate, bool isOrphan, WrittenEntries written, List<AuditEvent> late,
        List<(LedgerRow Row, int Index)> holds, CancellationToken cancellationToken)
    {
        var entry = row.Entries[index];
        var isTold = isOrphan || (isLate && entry.IsSelfContained);
        if (entry.HoldUntil > 0)
        {
            // The log needs how it began: its end, which may be in the ledger already, does not say.
            if (isTold && !written.HasAny(entry.KeyId, row.IdOf(index)))
            {
                late.Add(AuditEvent.OfEntry(accountId, row, index));
            }

            // A hold stands in the account's row: it is settled like any other, only that nobody knows how it went.
            if (fleet.Now.ToUnixTimeSeconds() > entry.HoldUntil || (isOrphan && entry.Kind == LedgerEntryKind.Forward))
            {
                holds.Add((row, index));
            }

            return false;
        }

        if (!isTold)
        {
            return false;
        }

        // How a charge began is not in its correction, and once that is the last word in the log, nobody adds it.
        if (entry.SettledCharge is { } settled && !written.HasAny(entry.KeyId, settled)
            && await store.FindCommitAsync(accountId, settled.Sequence, cancellationToken) is { } commit && settled.Index < commit.Entries.Count)
        {
            late.Add(AuditEvent.OfEntry(accountId, commit, settled.Index));
        }

        late.Add(AuditEvent.OfEntry(accountId, row, index));
        return true;
    }

    /// <summary>Settles a hold at its estimate. The holds of a group are settled together, in few commits.</summary>
    private async Task SettleHoldAsync((LedgerRow Row, int Index) hold)
    {
        var (row, index) = hold;
        var entry = row.Entries[index];
        try
        {
            await writers.SettleAsync(new Settlement
            {
                Charge = new Charge
                {
                    Key = new KeyLocator(accountId, entry.KeyId),
                    Id = row.IdOf(index),
                    Cost = entry.Delta,
                    At = row.At,
                    IsHold = true,
                    Ledger = row.RefOf(index),
                    Request = new ChargeRequest
                    {
                        Secret = KeySecret.None,
                        RequestId = entry.RequestId ?? "",
                        TraceId = entry.TraceId,
                        Kind = entry.Kind == LedgerEntryKind.Consume ? ChargeKind.Consume : ChargeKind.Forward,
                        Provider = entry.Provider,
                        Model = entry.Model,
                        Address = System.Net.IPAddress.TryParse(entry.Address, out var address) ? address : null,
                        Reference = entry.Reference,
                        Method = entry.Method,
                        Path = entry.Path,
                    },
                },
                Outcome = entry.Kind == LedgerEntryKind.Consume ? ChargeOutcome.Consumed : ChargeOutcome.Unknown,
                Cost = entry.Delta,
            });
        }
        catch (Exception failure) when (StorageErrors.IsTransient(failure))
        {
            lock (_failures)
            {
                _failures.Add(failure);
            }
        }
    }

    [LoggerMessage(2202, LogLevel.Warning, "Account {AccountId}: {Count} entries of the ledger had been left behind and are in the log now.")]
    private static partial void LogLate(ILogger logger, string accountId, int count);

    [LoggerMessage(2203, LogLevel.Error, "Account {AccountId}: row {Row} of the ledger cannot be swept ({Failure}).")]
    private static partial void LogUnreadable(ILogger logger, string accountId, string row, string failure);
}
