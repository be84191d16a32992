using Azure;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Quotas.Lanes;

/// <content>How a commit is written until its fate is known, and what follows from it.</content>
internal sealed partial class AccountLane
{
    /// <summary>Writes a draft until it is known whether it was carried out. False when it was not, and must be decided again.</summary>
    private async Task<bool> CommitAsync(List<LaneOperation> batch, CommitDraft draft, HashSet<LaneOperation> taking)
    {
        for (var attempt = 0; ; attempt++)
        {
            switch (await TryCommitAsync(draft))
            {
                case CommitFate.Landed:
                    await FinishAsync(batch, draft, taking);
                    return true;
                case CommitFate.Impossible:
                    _leasing.NoteConflict();
                    return false;
                case CommitFate.Lost:
                    GiveUpLost(batch);
                    return true;
            }

            // Still open: the same write again, which either is carried out or finds its own echo. Those who have waited too long
            // are told so now; should it land after all, what was taken for them is given back.
            GiveUpOverdue(batch, null);
            await BackOffAsync(attempt, _context.Options.MaxBackOff);
        }
    }

    private async Task<CommitFate> TryCommitAsync(CommitDraft draft)
    {
        try
        {
            var before = _context.Clock.GetTimestamp();
            if (await WriteAsync(draft))
            {
                NoteLanded(draft);
                _state = draft.ToState();
                _stateKnownAt = before;
                return CommitFate.Landed;
            }

            // A condition failed: perhaps because of an earlier, retried write of the same commit.
            return await FindFateAsync(draft, isRefused: true);
        }
        catch (RequestFailedException wrong) when (wrong.Status is 400 or 413)
        {
            // No write of it can ever be carried out: a fault of ours, or a record that has grown too large.
            LogWrong(_context.Logger, _accountId, draft.Row.Sequence, wrong.ErrorCode);
            return await FateOrOpenAsync(draft, isRefused: true);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogInDoubt(_context.Logger, _accountId, draft.Row.Sequence, failure.GetType().Name);
            return await FateOrOpenAsync(draft, isRefused: false);
        }
    }

    private async Task<bool> WriteAsync(CommitDraft draft)
    {
        await PatientlyAsync(_marks.EnsureAsync(draft, _stop.Token));
        var before = _context.Clock.GetTimestamp();
        bool isWritten;
        try
        {
            isWritten = await PatientlyAsync(_context.Store.TryCommitAsync(draft, _stop.Token));
        }
        finally
        {
            _commitTook = _context.Clock.GetElapsedTime(before);
        }

        if (isWritten)
        {
            await PatientlyAsync(_marks.EnsureAsync(draft, _stop.Token));
        }

        return isWritten;
    }

    private async Task<CommitFate> FateOrOpenAsync(CommitDraft draft, bool isRefused)
    {
        try
        {
            return await FindFateAsync(draft, isRefused);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogReadFailed(_context.Logger, _accountId, failure.GetType().Name);
            return CommitFate.Open;
        }
    }

    /// <summary>Looks in storage for what became of a commit, by its number and id.</summary>
    /// <param name="draft">The commit.</param>
    /// <param name="isRefused">True when storage refused the write just now, so that no write of it is under way any more.</param>
    private async Task<CommitFate> FindFateAsync(CommitDraft draft, bool isRefused)
    {
        var fate = draft.Lease is null ? await FindHeadFateAsync(draft) : await FindLeaseFateAsync(draft);
        if (fate == CommitFate.Landed)
        {
            // The versions that the commit left behind are not known: what it wrote is read again before it is written again.
            NoteLanded(draft);
            await RefreshLeaseAsync();
        }

        // After a refusal a row beside, or a key's row, was what failed: decide again.
        return fate == CommitFate.Open && isRefused ? CommitFate.Impossible : fate;
    }

    private async Task<CommitFate> FindHeadFateAsync(CommitDraft draft)
    {
        await LoadAsync();
        if (_state is null)
        {
            return CommitFate.Impossible;
        }

        var head = _state.Head;
        return head.CommitId == draft.Row.CommitId ? CommitFate.Landed
            : head.Sequence < draft.Row.Sequence ? CommitFate.Open
            : head.Sequence == draft.Row.Sequence ? CommitFate.Impossible
            : await FindRowFateAsync(draft);
    }

    private async Task<CommitFate> FindLeaseFateAsync(CommitDraft draft)
    {
        _state = null;
        var lease = await PatientlyAsync(_context.Store.FindLeaseAsync(_accountId, draft.Lease!.Id, withPage: true, _stop.Token));
        _lease = lease is { IsClosed: false } ? lease : null;
        return lease is null ? await FindRowFateAsync(draft)
            : lease.CommitId == draft.Row.CommitId ? CommitFate.Landed
            : lease.IsClosed ? CommitFate.Impossible
            : CommitFate.Open;
    }

    private async Task<CommitFate> FindRowFateAsync(CommitDraft draft)
    {
        var winner = await PatientlyAsync(_context.Store.FindCommitAsync(_accountId, draft.Row.Sequence, orPage: false, _stop.Token));
        return winner is not null ? winner.CommitId == draft.Row.CommitId ? CommitFate.Landed : CommitFate.Impossible
            : draft.Lease is null ? CommitFate.Lost
            : CommitFate.Impossible;
    }

    private void NoteLanded(CommitDraft draft)
    {
        if (draft.Lease is not null)
        {
            _lease = draft.Lease;
        }
        else if (draft.GrantedLease is not null)
        {
            _lease = draft.GrantedLease;
        }
        else if (_lease is not null && draft.SideRows.OfType<SideRow.Ended>().Any(ended => ended.Lease.Id == _lease.Id))
        {
            _lease = null;
        }

        _toEnd = [];
        _leasing.NoteCommit(draft);
    }

    private async Task FinishAsync(List<LaneOperation> batch, CommitDraft draft, HashSet<LaneOperation> taking)
    {
        _committed += draft.Row.Entries.Count;
        var toLog = new List<AuditNote>();
        foreach (var operation in batch)
        {
            if (!taking.Contains(operation))
            {
                operation.Answer();
                continue;
            }

            if (operation.ToLog(draft, operation.IsAnswered) is { } entry)
            {
                toLog.Add(entry);
            }

            if (!operation.IsAnswered)
            {
                operation.Committed(draft);
            }
            else if (operation.Undo(draft) is { } undo)
            {
                LogGivenBack(_context.Logger, _accountId, draft.Row.Sequence);
                _waiting.AddLast(undo);
            }
        }

        if (draft.Row.Entries.Any(entry => entry.IsWhole))
        {
            toLog.Add(new CommitNote { AccountId = _accountId, Row = draft.Row });
        }

        toLog.AddRange(draft.SideRows.OfType<SideRow.Page>().Select(page => new PageNote { AccountId = _accountId, Sequence = page.Row.Sequence }));
        foreach (var note in toLog)
        {
            var written = _context.Audit.WriteAsync(note, _stop.Token);
            if (!written.IsCompletedSuccessfully)
            {
                await PatientlyAsync(written.AsTask());
            }
        }
    }

    private void GiveUpLost(List<LaneOperation> batch)
    {
        foreach (var operation in batch)
        {
            if (operation.IsRepeatable && !operation.IsAnswered)
            {
                _waiting.AddLast(operation);
            }
            else
            {
                operation.Unavailable(null);
            }
        }
    }

    private enum CommitFate
    {
        /// <summary>Carried out.</summary>
        Landed,

        /// <summary>Not carried out, and never will be.</summary>
        Impossible,

        /// <summary>Not carried out yet; it may still be.</summary>
        Open,

        /// <summary>So long ago that its row is gone: nobody waits for it any more, and the log has it if it was carried out.</summary>
        Lost,
    }

    [LoggerMessage(1002, LogLevel.Warning, "Account {AccountId}: commit {Sequence} was answered by {Failure}; looking it up.")]
    private static partial void LogInDoubt(ILogger logger, string accountId, long sequence, string failure);

    [LoggerMessage(1004, LogLevel.Error, "Account {AccountId}: storage refused commit {Sequence} for what it says ({ErrorCode}).")]
    private static partial void LogWrong(ILogger logger, string accountId, long sequence, string? errorCode);

    [LoggerMessage(1003, LogLevel.Warning, "Account {AccountId}: commit {Sequence} landed after its request had been refused; the charge is given back.")]
    private static partial void LogGivenBack(ILogger logger, string accountId, long sequence);
}
