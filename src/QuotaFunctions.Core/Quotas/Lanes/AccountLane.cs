using Azure;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas.Lanes;

/// <summary>What every lane of a process shares.</summary>
internal sealed record LaneContext(
    IAccountStore Store,
    IAuditSink Audit,
    CommitPace Pace,
    TimeProvider Clock,
    QuotaEngineOptions Options,
    string InstanceId,
    ILogger<AccountLane> Logger);

/// <summary>
/// Decides everything about one account in this process, one batch after the other: all that waits is decided in order against the
/// state that the lane holds, and committed together; the next batch gathers meanwhile (group commit). Whatever another instance
/// commits makes the own commit fail, and the state is read again.
/// </summary>
internal sealed partial class AccountLane : IDisposable
{
    /// <summary>How often those who wait are looked at while storage does not answer.</summary>
    private static readonly TimeSpan DeadlineCheckPeriod = TimeSpan.FromMilliseconds(500);

    private readonly LaneArrivals _arrivals = new();
    private readonly LinkedList<LaneOperation> _waiting = new();
    private readonly string _accountId;
    private readonly LaneContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LaneOperation> _batch = [];
    private readonly LeasePolicy _leasing;
    private LeaseState[] _toEnd = [];
    private LeaseState? _lease;
    private bool _givesBack;
    private AccountState? _state;
    private long _stateKnownAt;
    private long _lastUsed;
    private int _committed;
    private TimeSpan _commitTook;

    public AccountLane(string accountId, LaneContext context)
    {
        _accountId = accountId;
        _context = context;
        _leasing = new LeasePolicy(context.Options, context.Clock);
        _lastUsed = context.Clock.GetTimestamp();

        // Not Task.Run: whoever brings a scheduler has everything run on it, so that a simulation decides what comes next.
        Completion = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current).Unwrap();
    }

    /// <summary>Ends when everything that was enqueued is answered, after <see cref="Close"/>.</summary>
    public Task Completion { get; }

    /// <summary>How long the lane has had nothing to do.</summary>
    public TimeSpan Idle => _context.Clock.GetElapsedTime(Volatile.Read(ref _lastUsed));

    /// <summary>Hands an operation to the lane. False where the lane is closed.</summary>
    public bool TryEnqueue(LaneOperation operation) => _arrivals.TryAdd(operation);

    /// <summary>Takes no more operations; those that wait are still decided.</summary>
    public void Close() => _arrivals.Close();

    /// <summary>Gives up whatever is not decided yet.</summary>
    public void Abort() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        var batch = _batch;
        try
        {
            while (await NextBatchAsync(batch))
            {
                if (batch.Count == 0)
                {
                    await GiveLeaseBackAsync();
                    continue;
                }

                _committed = 0;
                while (await SpendLeaseAsync(batch))
                {
                    // What did not fit into one commit goes into the next.
                }

                await ProcessAsync(batch);
                batch.Clear();
                Volatile.Write(ref _lastUsed, _context.Clock.GetTimestamp());
                await GatherMoreAsync();
            }

            await GiveLeaseBackAsync();
        }
        finally
        {
            Close();
            _arrivals.TakeAll(_waiting);
            foreach (var operation in batch.Concat(_waiting))
            {
                operation.Unavailable(null);
            }
        }
    }

    /// <summary>
    /// Takes what waits, waiting for something where there is nothing; an empty batch when a lease has lain idle.
    /// False when the lane is closed and empty.
    /// </summary>
    private async ValueTask<bool> NextBatchAsync(List<LaneOperation> batch)
    {
        _arrivals.TakeAll(_waiting);
        if (_waiting.Count == 0)
        {
            var longest = _lease is null ? Timeout.InfiniteTimeSpan : _context.Options.LeaseIdleTime;
            if (!await _arrivals.WaitAsync(1, longest, _context.Clock, _stop.Token))
            {
                return false;
            }

            _arrivals.TakeAll(_waiting);
        }

        while (batch.Count < _context.Options.MaxBatch && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            batch.Add(first.Value);
        }

        return true;
    }

    /// <summary>
    /// Where many ask at once, those who were just answered are about to ask again, and a commit costs hardly more for them: waits
    /// until as many are there as there were, but no longer than the commit took.
    /// </summary>
    private async ValueTask GatherMoreAsync()
    {
        _arrivals.TakeAll(_waiting);
        if (_committed + _waiting.Count >= _context.Options.BusyCommit)
        {
            var longest = _commitTook < _context.Options.MaxGatherTime ? _commitTook : _context.Options.MaxGatherTime;
            await _arrivals.WaitAsync(_committed, longest, _context.Clock, _stop.Token);
        }
    }

    private async Task ProcessAsync(List<LaneOperation> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            batch.RemoveAll(operation => operation.IsAnswered || operation.TryWithdraw());
            if (batch.Count == 0)
            {
                return;
            }

            var longest = _context.Options.MaxConflictBackOff;
            try
            {
                if (await TryDecideAsync(batch))
                {
                    return;
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                // Reading failed, so nothing is in doubt: try again until nobody waits any more.
                _state = null;
                LogReadFailed(_context.Logger, _accountId, failure.GetType().Name);
                GiveUpOverdue(batch, failure);
                longest = _context.Options.MaxBackOff;
            }

            GiveUpOverdue(batch, null);
            await BackOffAsync(attempt, longest);
        }
    }

    /// <summary>Decides on the lease what it covers, in one commit, and takes it out of the batch. False when there was nothing, or it failed.</summary>
    private async Task<bool> SpendLeaseAsync(List<LaneOperation> batch)
    {
        var now = _context.Clock.GetUtcNow();
        if (batch.Count == 0 || _lease is null || _state is null || !LeasePolicy.IsUsable(_lease, now))
        {
            return false;
        }

        var draft = new CommitDraft(_state, now, Guid.CreateVersion7(now), _lease, batch.Sum(operation => operation.MaxEntriesLength));
        var taking = batch.Where(operation => !operation.TryWithdraw() && draft.HasRoomFor(operation.MaxEntriesLength) && operation.TryDecideOnLease(draft))
            .ToHashSet();
        if (taking.Count == 0)
        {
            return false;
        }

        var granted = batch.Where(taking.Contains).ToList();
        if (!await CommitAsync(granted, draft, taking))
        {
            await GiveWayAsync(draft.Lease!.Id);
            return false;
        }

        batch.RemoveAll(taking.Contains);
        return true;
    }

    /// <summary>
    /// Waits until a lease that somebody closed is ended: they need the whole account, and have other leases to close yet. Whoever went
    /// straight on to the account's row, and took a new lease, would make them begin again. But not for long: they may be dead.
    /// </summary>
    private async Task GiveWayAsync(string leaseId)
    {
        var since = _context.Clock.GetTimestamp();
        try
        {
            while (_context.Clock.GetElapsedTime(since) < _context.Options.MaxGiveWayTime
                && await PatientlyAsync(_context.Store.FindLeaseAsync(_accountId, leaseId, withPage: false, _stop.Token)) is { IsClosed: true })
            {
                await Task.Delay(_context.Options.GiveWayPeriod, _context.Clock, _stop.Token);
            }
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogReadFailed(_context.Logger, _accountId, failure.GetType().Name);
        }
    }

    /// <summary>Ends the own lease, as well as that goes: what cannot be given back now is when the lease's time is over.</summary>
    private async Task GiveLeaseBackAsync()
    {
        for (var attempt = 0; _lease is not null && attempt < _context.Options.MaxGiveBackAttempts; attempt++)
        {
            try
            {
                _state = null;
                _givesBack = true;
                if (await TryDecideAsync([]))
                {
                    break;
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                LogReadFailed(_context.Logger, _accountId, failure.GetType().Name);
            }

            await BackOffAsync(attempt, _context.Options.MaxBackOff);
        }

        _lease = null;
        _givesBack = false;
    }

    /// <summary>Decides a batch once. False when it has to be decided again.</summary>
    private async Task<bool> TryDecideAsync(List<LaneOperation> batch)
    {
        while (true)
        {
            var readNow = await ReadAsync(batch);
            if (_state is null)
            {
                foreach (var operation in batch)
                {
                    operation.DecideMissing();
                    operation.Answer();
                }

                return true;
            }

            var draft = NewDraft(_state, _toEnd.Take(CommitDraft.MaxEnding));
            if (_toEnd.Length > CommitDraft.MaxEnding)
            {
                // More than one commit can end: some of them first, without deciding anything.
                if (!await CommitAsync([], draft, []))
                {
                    return false;
                }

                continue;
            }

            var taking = new HashSet<LaneOperation>(batch.Count);
            Decide(batch, draft, taking);
            _leasing.Extend(draft, _accountId, _lease is null || Array.Exists(_toEnd, lease => lease.Id == _lease.Id));
            if (!draft.IsEmpty)
            {
                return await CommitAsync(batch, draft, taking);
            }

            // Nothing but refusals, and perhaps from a state that is not so any more.
            if (readNow || _context.Clock.GetElapsedTime(_stateKnownAt) < _context.Options.RefusalFreshness)
            {
                batch.ForEach(operation => operation.Answer());
                return true;
            }

            _state = null;
        }
    }

    private CommitDraft NewDraft(AccountState state, IEnumerable<LeaseState> ending)
    {
        var now = _context.Clock.GetUtcNow();
        return new CommitDraft(state, now, Guid.CreateVersion7(now), _context.InstanceId, [.. ending]);
    }

    private void Decide(List<LaneOperation> batch, CommitDraft draft, HashSet<LaneOperation> taking)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (!draft.HasRoomFor(batch[i].MaxEntriesLength))
            {
                // The rest is for the next commit, in the same order.
                for (var late = batch.Count - 1; late >= i; late--)
                {
                    _waiting.AddFirst(batch[late]);
                }

                batch.RemoveRange(i, batch.Count - i);
                return;
            }

            if (batch[i].Decide(draft))
            {
                taking.Add(batch[i]);
            }
        }
    }

    /// <summary>Reads what the batch needs and the lane does not hold. True when the account itself was read.</summary>
    private async Task<bool> ReadAsync(List<LaneOperation> batch)
    {
        var readNow = false;
        if (_state is null)
        {
            await LoadAsync();
            readNow = true;
        }

        if (_state?.Pool is not null)
        {
            await ReadKeysAsync(_state, batch);
        }
        else if (_state is not null && await ReadLeasesAsync(_state, readNow, batch))
        {
            readNow = true;
        }

        var now = _context.Clock.GetUtcNow();
        var preparing = batch.Select(operation => operation.PrepareAsync(_context.Store, now, _stop.Token)).Where(task => !task.IsCompletedSuccessfully);
        await PatientlyAsync(Task.WhenAll(preparing.Select(task => task.AsTask()).ToList()));
        return readNow;
    }

    private async Task LoadAsync()
    {
        var before = _context.Clock.GetTimestamp();
        _state = await PatientlyAsync(_context.Store.LoadAsync(_accountId, _stop.Token));
        _stateKnownAt = before;
    }

    /// <summary>
    /// Finds the leases that must end with the next commit: the own one when it is used up, all of them where something needs the
    /// whole account. These are closed first, so that nothing is committed on them any more. True when the account was read just now.
    /// </summary>
    private async Task<bool> ReadLeasesAsync(AccountState state, bool readNow, List<LaneOperation> batch)
    {
        var now = _context.Clock.GetUtcNow();
        _toEnd = [];
        if (state.Keys.GetValueOrDefault(_accountId) is not { Meter.Leased: > 0 } known)
        {
            _lease = null;
            return false;
        }

        if (!NeedsAll(known, batch, now) && !_givesBack && (_lease is null || LeasePolicy.IsUsable(_lease, now)))
        {
            return false;
        }

        // The account before the leases: one that begins or ends after this makes the commit fail, as it changes the account's row.
        if (!readNow)
        {
            await LoadAsync();
        }

        await RefreshLeaseAsync();
        if (_state?.Keys.GetValueOrDefault(_accountId) is { } key && NeedsAll(key, batch, now))
        {
            var leases = await PatientlyAsync(_context.Store.ReadLeasesAsync(_accountId, withPages: false, _stop.Token));
            await PatientlyAsync(Task.WhenAll(leases.Select(lease => _context.Store.CloseLeaseAsync(lease, _stop.Token))));

            // As they are now that nothing is committed on them any more.
            _toEnd = [.. await PatientlyAsync(_context.Store.ReadLeasesAsync(_accountId, withPages: true, _stop.Token))];
        }
        else if (_lease is not null)
        {
            _toEnd = [_lease];
        }

        return true;
    }

    /// <summary>True where something can only be decided when no lease is out, or more is asked for than the leases have left free.</summary>
    private static bool NeedsAll(KeyState key, List<LaneOperation> batch, DateTimeOffset now)
    {
        var claims = batch.ConvertAll(operation => operation.ClaimOn(key, now));
        return claims.Contains(null) || !key.Meter.Affords(claims.Sum() ?? 0);
    }

    /// <summary>Reads the own lease as it is in storage: another instance may have closed or ended it.</summary>
    private async Task RefreshLeaseAsync()
    {
        if (_lease is not null)
        {
            _lease = await PatientlyAsync(_context.Store.FindLeaseAsync(_accountId, _lease.Id, withPage: true, _stop.Token));
        }
    }

    private async Task ReadKeysAsync(AccountState state, List<LaneOperation> batch)
    {
        var missing = batch.Select(operation => operation.KeyId).OfType<string>().Where(id => !state.Keys.ContainsKey(id)).Distinct().ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var read = await PatientlyAsync(Task.WhenAll(
            missing.Select(id => _context.Store.LoadKeyAsync(new KeyLocator(_accountId, id), _stop.Token))));
        var keys = new Dictionary<string, KeyState?>(state.Keys);
        for (var i = 0; i < missing.Count; i++)
        {
            keys[missing[i]] = read[i];
        }

        _state = new AccountState { AccountId = _accountId, Head = state.Head, Pool = state.Pool, Keys = keys };
    }

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
            LogWrong(_context.Logger, _accountId, draft.Sequence, wrong.ErrorCode);
            return await FateOrOpenAsync(draft, isRefused: true);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogInDoubt(_context.Logger, _accountId, draft.Sequence, failure.GetType().Name);
            return await FateOrOpenAsync(draft, isRefused: false);
        }
    }

    private async Task<bool> WriteAsync(CommitDraft draft)
    {
        var before = _context.Clock.GetTimestamp();
        _context.Pace.Begin();
        try
        {
            return await PatientlyAsync(_context.Store.TryCommitAsync(draft, _stop.Token));
        }
        finally
        {
            _commitTook = _context.Clock.GetElapsedTime(before);
            _context.Pace.End(_commitTook);
        }
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
        return head.CommitId == draft.CommitId ? CommitFate.Landed
            : head.Sequence < draft.Sequence ? CommitFate.Open
            : head.Sequence == draft.Sequence ? CommitFate.Impossible
            : await FindRowFateAsync(draft);
    }

    private async Task<CommitFate> FindLeaseFateAsync(CommitDraft draft)
    {
        _state = null;
        var lease = await PatientlyAsync(_context.Store.FindLeaseAsync(_accountId, draft.Lease!.Id, withPage: true, _stop.Token));
        _lease = lease is { IsClosed: false } ? lease : null;
        return lease is null ? await FindRowFateAsync(draft)
            : lease.CommitId == draft.CommitId ? CommitFate.Landed
            : lease.IsClosed ? CommitFate.Impossible
            : CommitFate.Open;
    }

    private async Task<CommitFate> FindRowFateAsync(CommitDraft draft)
    {
        var winner = await PatientlyAsync(_context.Store.FindCommitAsync(_accountId, draft.Sequence, _stop.Token));
        return winner is not null ? winner.CommitId == draft.CommitId ? CommitFate.Landed : CommitFate.Impossible
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
        _committed += draft.Entries.Count;
        var toLog = new List<AuditEvent>();
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
                LogGivenBack(_context.Logger, _accountId, draft.Sequence);
                _waiting.AddLast(undo);
            }
        }

        for (var i = 0; i < draft.Entries.Count; i++)
        {
            if (draft.Entries[i].Kind == LedgerEntryKind.Act)
            {
                toLog.Add(AuditEvent.OfAct(_accountId, draft.ToRow(), i));
            }
        }

        foreach (var entry in toLog)
        {
            var written = _context.Audit.WriteAsync(entry, _stop.Token);
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

    /// <summary>Waits for storage. Meanwhile those whose time is up are told so: a call may take longer than anybody is to wait.</summary>
    private async Task PatientlyAsync(Task answer)
    {
        while (!answer.IsCompleted)
        {
            await answer.WaitAsync(DeadlineCheckPeriod, _context.Clock)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!answer.IsCompleted)
            {
                GiveUpOverdue(_batch, null);
            }
        }

        await answer;
    }

    private async Task<T> PatientlyAsync<T>(Task<T> answer)
    {
        await PatientlyAsync((Task)answer);
        return await answer;
    }

    private void GiveUpOverdue(List<LaneOperation> batch, Exception? reason)
    {
        var now = _context.Clock.GetTimestamp();
        _arrivals.TakeAll(_waiting);
        foreach (var operation in batch.Concat(_waiting))
        {
            if (now >= operation.Deadline && !operation.IsAnswered)
            {
                operation.Unavailable(reason);
            }
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsAnswered)
            {
                _waiting.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>Waits a random part of a span that doubles with each attempt, so that instances do not meet again.</summary>
    private Task BackOffAsync(int attempt, TimeSpan longest)
    {
        var milliseconds = Math.Min(longest.TotalMilliseconds, _context.Options.MinBackOff.TotalMilliseconds * Math.Pow(2, attempt));
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds * _context.Options.Random.NextDouble()), _context.Clock, _stop.Token);
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

    [LoggerMessage(1001, LogLevel.Warning, "Account {AccountId}: reading failed with {Failure}; trying again.")]
    private static partial void LogReadFailed(ILogger logger, string accountId, string failure);

    [LoggerMessage(1002, LogLevel.Warning, "Account {AccountId}: commit {Sequence} was answered by {Failure}; looking it up.")]
    private static partial void LogInDoubt(ILogger logger, string accountId, long sequence, string failure);

    [LoggerMessage(1004, LogLevel.Error, "Account {AccountId}: storage refused commit {Sequence} for what it says ({ErrorCode}).")]
    private static partial void LogWrong(ILogger logger, string accountId, long sequence, string? errorCode);

    [LoggerMessage(1003, LogLevel.Warning, "Account {AccountId}: commit {Sequence} landed after its request had been refused; the charge is given back.")]
    private static partial void LogGivenBack(ILogger logger, string accountId, long sequence);
}
