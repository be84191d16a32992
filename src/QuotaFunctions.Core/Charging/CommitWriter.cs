using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Writes one commit until its outcome is known, whatever storage answers. It knows nothing of who waits for it, and decides nothing.
/// </summary>
internal sealed partial class CommitWriter(HeldAccount held, WriterContext context, OpenWorkMarker marks, StorageWait wait)
{
    /// <summary>
    /// How long a row is in the ledger for certain, unless the writer itself has told the log of it. A row is compacted once it is in the log,
    /// and the sweep, which also writes it there, leaves it alone for <see cref="Fleet.SilenceLimit"/>.
    /// Half of that, as both moments are known to the second only, and the calls in between take their time.
    /// </summary>
    private static readonly TimeSpan RowCertain = Fleet.SilenceLimit / 2;

    private int _conflicts;

    /// <summary>Why the last commit was rejected; null where none was.</summary>
    public Exception? Rejection { get; private set; }

    /// <summary>How long the last write took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Writes a transaction until it is known whether it was carried out.</summary>
    public async Task<CommitOutcome> WriteAsync(AccountTransaction transaction)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await TryWriteAsync(transaction) is { } outcome)
            {
                return outcome;
            }

            // Still open: the same write again, which either is carried out or finds its own echo.
            await wait.BackOffAsync(attempt, context.Options.MaxBackOff);
        }
    }

    /// <summary>Writes a transaction once. Null where the outcome is still open.</summary>
    private async Task<CommitOutcome?> TryWriteAsync(AccountTransaction transaction)
    {
        var before = context.Clock.GetTimestamp();
        try
        {
            await wait.ForAsync(marks.EnsureAsync(transaction, wait.Stop));
            if (await wait.ForAsync(context.Store.TryCommitAsync(transaction, wait.Stop)))
            {
                await wait.ForAsync(marks.EnsureAsync(transaction, wait.Stop));
                held.Take(transaction, before);
                _conflicts = 0;
                return CommitOutcome.Committed;
            }

            // A condition failed: perhaps because of an earlier, retried write of the same commit, else because of another instance, which has to
            // know that it is not alone. The wait comes before the look, as what is read then is what the batch is decided on again: it must not be
            // old when it is written.
            context.Presence.Show();
            await wait.BackOffAsync(_conflicts++, context.Options.MaxConflictBackOff);
            return await TryFindOutcomeAsync(transaction, CommitOutcome.Aborted);
        }
        catch (Exception failure) when (!wait.Stop.IsCancellationRequested)
        {
            if (StorageErrors.IsTransient(failure))
            {
                LogInDoubt(context.Logger, held.Id, transaction.Row.Sequence, StorageErrors.Kind(failure));
                return await TryFindOutcomeAsync(transaction, otherwise: null);
            }

            // No write of it can ever be carried out: a fault of ours, or a record that has grown too large.
            LogRejected(context.Logger, held.Id, transaction.Row.Sequence, StorageErrors.Kind(failure));
            Rejection = failure;
            return await TryFindOutcomeAsync(transaction, CommitOutcome.Rejected);
        }
        finally
        {
            Took = context.Clock.GetElapsedTime(before);
        }
    }

    /// <summary>Looks in storage for the outcome of a commit. Null where it is still open, or storage does not answer.</summary>
    /// <param name="transaction">The commit.</param>
    /// <param name="otherwise">
    /// What it came to where storage knows nothing of it. Storage has answered, so that no write of it is under way any more; null when it has not.
    /// </param>
    private async Task<CommitOutcome?> TryFindOutcomeAsync(AccountTransaction transaction, CommitOutcome? otherwise)
    {
        try
        {
            var outcome = transaction.Lease is null ? await FindByHeadAsync(transaction) : await FindByLeaseAsync(transaction);
            if (outcome == CommitOutcome.Committed)
            {
                // The versions that the commit left behind are not known: what it wrote is read again before it is written again.
                held.TakeLease(transaction);
                await held.RefreshLeaseAsync();
            }

            return outcome ?? otherwise;
        }
        catch (Exception failure) when (!wait.Stop.IsCancellationRequested)
        {
            held.Drop();
            LogLookUpFailed(context.Logger, held.Id, transaction.Row.Sequence, StorageErrors.Kind(failure));
            return null;
        }
    }

    private async Task<CommitOutcome?> FindByHeadAsync(AccountTransaction transaction)
    {
        await held.LoadAsync();
        if (held.State is not { Head: var head })
        {
            return CommitOutcome.Aborted;
        }

        return head.CommitId == transaction.Row.CommitId ? CommitOutcome.Committed
            : head.Sequence < transaction.Row.Sequence ? null
            : head.Sequence == transaction.Row.Sequence ? CommitOutcome.Aborted
            : await FindByRowAsync(transaction);
    }

    private async Task<CommitOutcome?> FindByLeaseAsync(AccountTransaction transaction)
    {
        held.Drop();
        var lease = await wait.ForAsync(context.Store.FindLeaseAsync(held.Id, transaction.Lease!.Id, wait.Stop));
        held.Lease = lease is { IsClosed: false } ? lease : null;
        return lease is null ? await FindByRowAsync(transaction)
            : lease.CommitId == transaction.Row.CommitId ? CommitOutcome.Committed
            : lease.IsClosed ? CommitOutcome.Aborted
            : null;
    }

    /// <summary>Others have gone on since: whose is the row with the commit's number?</summary>
    private async Task<CommitOutcome?> FindByRowAsync(AccountTransaction transaction)
    {
        if (await wait.ForAsync(context.Store.FindCommitAsync(held.Id, transaction.Row.Sequence, wait.Stop)) is { } row)
        {
            return row.CommitId == transaction.Row.CommitId ? CommitOutcome.Committed : CommitOutcome.Aborted;
        }

        // The row is compacted. Ours could not be yet, unless it was sent long ago, by the service's clock: ours may have stood still.
        await held.LoadAsync();
        return held.LastAnswerAt - transaction.SentAfter < RowCertain ? CommitOutcome.Aborted : CommitOutcome.Unknown;
    }

    [LoggerMessage(1002, LogLevel.Warning, "Account {AccountId}: commit {Sequence} was answered by {Failure}; looking it up.")]
    private static partial void LogInDoubt(ILogger logger, string accountId, long sequence, string failure);

    [LoggerMessage(1004, LogLevel.Error, "Account {AccountId}: commit {Sequence} can never be written ({Failure}).")]
    private static partial void LogRejected(ILogger logger, string accountId, long sequence, string failure);

    [LoggerMessage(1005, LogLevel.Warning, "Account {AccountId}: looking up commit {Sequence} failed with {Failure}; trying again.")]
    private static partial void LogLookUpFailed(ILogger logger, string accountId, long sequence, string failure);
}
