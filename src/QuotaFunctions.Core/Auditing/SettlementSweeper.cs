using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;
using QuotaFunctions.Core.Quotas.Lanes;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="ISettlementSweeper"/>
/// <remarks>
/// What is late is told by the service's clock alone: the time of a row against the time of a row written just now. Everything done
/// here may be done by several instances at once, and again.
/// </remarks>
internal sealed partial class SettlementSweeper(
    LedgerBooks books, IAccountStore store, IAuditTable log, AccountLanes lanes, InstanceTable instances, InstanceIdentity self, ILogger<SettlementSweeper> logger)
    : ISettlementSweeper
{
    /// <summary>
    /// How long a process may be silent, and a charge unaudited, before the charge is taken to be left behind. After as long, what the
    /// ledger knows whole goes into the log though its process lives: the message of it may be with a process that was killed, and
    /// comes back only when the host's hold on it ends.
    /// </summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How old an entry must be to be closed even though its process lives: what was to close it is lost, above all a message
    /// that the queue gave up. Should the end of the charge still come, it goes over this.
    /// </summary>
    private static readonly TimeSpan AgeLimit = TimeSpan.FromHours(1);

    /// <summary>How old a row must be to be looked at: younger ones are still on their way through the queue.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    /// <summary>How long marks are kept at the least.</summary>
    public static readonly TimeSpan MarkLifetime = TimeSpan.FromHours(25);

    /// <summary>How often old marks are looked for.</summary>
    private static readonly TimeSpan MarkSweepPeriod = TimeSpan.FromHours(1);

    private const int MaxRows = 100;

    private DateTimeOffset _marksDeletedAt;

    /// <inheritdoc/>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var seen = await instances.ReadAsync(cancellationToken);
        var now = await instances.BeatAsync(self.Id, cancellationToken) ?? DateTimeOffset.MinValue;
        await SweepLeasesAsync(seen, now, cancellationToken);
        var group = new List<OpenCommit>();
        await foreach (var commit in books.ReadOpenAsync(cancellationToken))
        {
            if (commit.StoredAt + MinAge > now)
            {
                continue;
            }

            if (group.Count == MaxRows || (group.Count > 0 && group[0].AccountId != commit.AccountId))
            {
                await SweepAsync(group, seen, now, cancellationToken);
                group.Clear();
            }

            group.Add(commit);
        }

        if (group.Count > 0)
        {
            await SweepAsync(group, seen, now, cancellationToken);
        }

        foreach (var (id, lastSeen) in seen)
        {
            if (id != self.Id && lastSeen + MarkLifetime < now)
            {
                await instances.RemoveAsync(id, cancellationToken);
            }
        }

        if (now - _marksDeletedAt > MarkSweepPeriod)
        {
            await books.DeleteMarksAsync(now - MarkLifetime, cancellationToken);
            _marksDeletedAt = now;
        }
    }

    /// <summary>
    /// Ends the leases that dead instances left behind, and any that is out for too long: its owner would have given it back. What is on
    /// their pages goes into the log first.
    /// </summary>
    private async Task SweepLeasesAsync(Dictionary<string, DateTimeOffset> seen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await foreach (var lease in books.ReadLeasesAsync(cancellationToken))
        {
            var storedAt = lease.WrittenAt ?? now;
            if (IsLeftBehind(lease.Owner, storedAt, seen, now) || lease.Until + (2 * SilenceLimit) < now)
            {
                if (await store.FindLeaseAsync(lease.AccountId, lease.Id, withPage: true, cancellationToken) is { } page)
                {
                    await SweepAsync([new OpenCommit(page.AccountId, page.ToRow(isOpen: true), storedAt)], seen, now, cancellationToken);
                }

                await lanes.RunAsync(lease.AccountId, new ChangeOperation(lease.AccountId, lease.AccountId, (_, _, _) => null, lanes.NewDeadline()));
            }
        }
    }

    /// <summary>True for what was written so long ago that it would be done with, by a process that is silent, or longer ago yet.</summary>
    private static bool IsLeftBehind(string owner, DateTimeOffset storedAt, Dictionary<string, DateTimeOffset> seen, DateTimeOffset now) =>
        IsLate(storedAt, now)
        && (storedAt + AgeLimit < now || !seen.TryGetValue(owner, out var lastSeen) || lastSeen + SilenceLimit < now);

    private static bool IsLate(DateTimeOffset storedAt, DateTimeOffset now) => storedAt + SilenceLimit < now;

    /// <summary>Sweeps some rows of one account.</summary>
    private async Task SweepAsync(
        List<OpenCommit> commits, Dictionary<string, DateTimeOffset> seen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var accountId = commits[0].AccountId;
        var written = await WrittenEntries.ReadAsync(log, commits.Select(commit => commit.Row), cancellationToken);
        var late = new List<AuditEvent>();
        var audited = new List<AuditedCommit>();
        foreach (var (_, row, storedAt) in commits)
        {
            var isOrphan = IsLeftBehind(row.Owner, storedAt, seen, now);
            var isLate = IsLate(storedAt, now);
            var isDone = true;
            for (var i = 0; i < row.Entries.Count; i++)
            {
                isDone &= written.Has(row, i) || await CloseAsync(accountId, row, i, isLate, isOrphan, now, written, late, cancellationToken);
            }

            if (isDone && !row.IsOpen)
            {
                audited.Add(AuditedCommit.Of(row));
            }
        }

        // First into the log, then out of the ledger: in between, a row is in both, and no row is in neither.
        if (late.Count > 0)
        {
            LogLate(logger, accountId, late.Count);
            await log.WriteAsync(late, cancellationToken);
        }

        await books.FoldAsync(accountId, audited, cancellationToken);
    }

    /// <summary>Closes an entry that is not in the log. True when it is settled, or in <paramref name="late"/>, now.</summary>
    private async Task<bool> CloseAsync(
        string accountId, LedgerRow row, int index, bool isLate, bool isOrphan, DateTimeOffset now,
        WrittenEntries written, List<AuditEvent> late, CancellationToken cancellationToken)
    {
        var entry = row.Entries[index];
        var isTold = isOrphan || (isLate && entry.IsWhole);
        if (entry.HoldUntil > 0)
        {
            // How it began, as nobody else will say so any more: its end, which may be in the ledger already, does not know.
            if (isTold && !written.HasAny(entry.KeyId, row.IdOf(index)))
            {
                late.Add(AuditEvent.OfEntry(accountId, row, index));
            }

            // A hold stands in the account's row: it is settled like any other, only that nobody knows how it went.
            if (now.ToUnixTimeSeconds() > entry.HoldUntil || (isOrphan && entry.Kind == LedgerEntryKind.Forward))
            {
                await SettleHoldAsync(accountId, row, index);
            }

            return false;
        }

        if (!isTold)
        {
            return false;
        }

        // How a charge began is not in its correction, and once that is the last word in the log, nobody adds it.
        if (entry.SettledCharge is { } settled && !written.HasAny(entry.KeyId, settled)
            && await store.FindCommitAsync(accountId, settled.Sequence, orPage: true, cancellationToken) is { } commit && settled.Index < commit.Entries.Count)
        {
            late.Add(AuditEvent.OfEntry(accountId, commit, settled.Index));
        }

        late.Add(AuditEvent.OfEntry(accountId, row, index));
        return true;
    }

    private async Task SettleHoldAsync(string accountId, LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        var settlement = new Settlement
        {
            Charge = new Charge
            {
                Key = new KeyLocator(accountId, entry.KeyId),
                Id = row.IdOf(index),
                Cost = entry.Delta,
                At = row.AtOf(index),
                IsHold = true,
                Ledger = row.RefOf(index),
                Request = new ChargeRequest
                {
                    Secret = KeySecret.None,
                    RequestId = entry.RequestId ?? "",
                    Provider = entry.Provider,
                    Model = entry.Model,
                    Address = System.Net.IPAddress.TryParse(entry.Address, out var address) ? address : null,
                    Reference = entry.Reference,
                },
            },
            Outcome = entry.Kind == LedgerEntryKind.Consume ? ChargeOutcome.Consumed : ChargeOutcome.Unknown,
            Cost = entry.Delta,
        };
        await lanes.SettleAsync(settlement);
    }

    [LoggerMessage(2201, LogLevel.Warning, "Account {AccountId}: {Count} entries of the ledger had been left behind and are in the log now.")]
    private static partial void LogLate(ILogger logger, string accountId, int count);
}
