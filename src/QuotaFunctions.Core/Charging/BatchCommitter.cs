using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>A command of a batch, and what it was decided to be.</summary>
internal readonly record struct DecidedCommand(AccountCommand Command, Decision Decision);

/// <summary>Commits a decided batch, tells the listener, and answers those who asked.</summary>
internal sealed class BatchCommitter(
    HeldAccount account, LeaseKeeper leases, TurnTaking turns, CommandQueue queue, CommitWriter writer, WriterContext context, StorageWait wait)
{
    /// <summary>Entries that were committed; the account writer sets it to 0 for each batch.</summary>
    public int Committed { get; set; }

    /// <summary>How long the last write took.</summary>
    public TimeSpan Took => writer.Took;

    /// <summary>Writes a transaction until its outcome is known, and answers. False when it was not carried out, and must be decided again.</summary>
    public async Task<bool> CommitAsync(IReadOnlyList<DecidedCommand> decided, AccountTransaction transaction)
    {
        switch (await writer.WriteAsync(transaction))
        {
            case CommitOutcome.Committed:
                leases.NoteCommit(transaction);
                NoteTurn(transaction);
                await FinishAsync(decided, transaction);
                return true;
            case CommitOutcome.Aborted:
                account.NoteShared();
                turns.EndRun();
                leases.NoteConflict();
                context.Metrics.Conflict();
                return false;
            case CommitOutcome.Rejected when decided.Count == 0:
                throw Rejected();
            case CommitOutcome.Rejected when decided.Count > 1:
                // One of them is to blame: the next commits have one each.
                account.Drop();
                queue.PutBackOneByOne();
                return true;
            case CommitOutcome.Rejected:
                account.Drop();
                decided[0].Command.Fail(Rejected());
                return true;
            default:
                GiveUpUnknown(decided);
                return true;
        }
    }

    private void NoteTurn(AccountTransaction transaction)
    {
        if (transaction.Lease is null)
        {
            turns.NoteCommit(Took);
        }
        else
        {
            turns.EndRun();
        }
    }

    private InvalidOperationException Rejected() => new("Storage can never take this commit.", writer.Rejection);

    /// <summary>
    /// Answers a batch whose transaction is in storage. The answers come first: the listener may wait for room, and what it is told is in
    /// the ledger already.
    /// </summary>
    private async Task FinishAsync(IReadOnlyList<DecidedCommand> decided, AccountTransaction transaction)
    {
        Committed += transaction.Row.Entries.Count;
        context.Metrics.Committed(transaction.Row.Entries.Count);
        CommitTrace.Write(decided, transaction, context.Clock.GetUtcNow(), writer.Took);
        var reports = new List<Report>();
        foreach (var (command, decision) in decided)
        {
            if (decision is { IsWritten: true, Report: { } report })
            {
                reports.Add(report);
            }

            if (!decision.IsWritten || !command.IsAnswered)
            {
                decision.Answer();
            }
            else if (decision.Compensation is { } compensation)
            {
                WriterLog.GivenBack(context.Logger, account.Id, transaction.Row.Sequence);
                queue.Add(compensation());
            }
        }

        foreach (var report in reports)
        {
            await TellAsync(report(context.Listener, wait.Stop));
        }

        await TellAsync(context.Listener.OnCommittedAsync(account.Id, transaction.Row, wait.Stop));
    }

    private async ValueTask TellAsync(ValueTask told)
    {
        if (!told.IsCompletedSuccessfully)
        {
            await wait.ForAsync(told.AsTask());
        }
    }

    /// <summary>Nobody knows whether the commit was carried out: what finds that out by itself is tried again, the rest is refused.</summary>
    private void GiveUpUnknown(IReadOnlyList<DecidedCommand> decided)
    {
        foreach (var (command, _) in decided)
        {
            if (command is { IsRepeatable: true, IsAnswered: false })
            {
                queue.Add(command);
            }
            else
            {
                command.Unavailable(null);
            }
        }
    }
}
