using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas.Lanes;

/// <summary>What every lane of a process shares.</summary>
internal sealed record LaneContext(
    IAccountStore Store, IAuditSink Audit, TimeProvider Clock, QuotaEngineOptions Options, string InstanceId, ILogger<AccountLane> Logger);

/// <summary>
/// Decides everything about one account in this process, one batch after the other: all that waits is decided in order against the
/// state that the lane holds, and committed together; the next batch gathers meanwhile (group commit). Whatever another instance
/// commits makes the own commit fail, and the state is read again.
/// </summary>
internal sealed partial class AccountLane : IDisposable
{
    private readonly Channel<LaneOperation> _arrivals = Channel.CreateUnbounded<LaneOperation>(new() { SingleReader = true });
    private readonly LinkedList<LaneOperation> _waiting = new();
    private readonly string _accountId;
    private readonly LaneContext _context;
    private readonly CancellationTokenSource _stop = new();
    private AccountState? _state;
    private long _stateKnownAt;
    private long _lastUsed;

    public AccountLane(string accountId, LaneContext context)
    {
        _accountId = accountId;
        _context = context;
        _lastUsed = context.Clock.GetTimestamp();
        Completion = Task.Run(RunAsync);
    }

    /// <summary>Ends when everything that was enqueued is answered, after <see cref="Close"/>.</summary>
    public Task Completion { get; }

    /// <summary>How long the lane has had nothing to do.</summary>
    public TimeSpan Idle => _context.Clock.GetElapsedTime(Volatile.Read(ref _lastUsed));

    /// <summary>Hands an operation to the lane. False where the lane is closed.</summary>
    public bool TryEnqueue(LaneOperation operation) => _arrivals.Writer.TryWrite(operation);

    /// <summary>Takes no more operations; those that wait are still decided.</summary>
    public void Close() => _arrivals.Writer.TryComplete();

    /// <summary>Gives up whatever is not decided yet.</summary>
    public void Abort() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        var batch = new List<LaneOperation>();
        try
        {
            while (await NextBatchAsync(batch))
            {
                await ProcessAsync(batch);
                batch.Clear();
                Volatile.Write(ref _lastUsed, _context.Clock.GetTimestamp());
            }
        }
        finally
        {
            Close();
            Gather();
            foreach (var operation in batch.Concat(_waiting))
            {
                operation.Unavailable(null);
            }
        }
    }

    /// <summary>Takes what waits, waiting for something where there is nothing. False when the lane is closed and empty.</summary>
    private async ValueTask<bool> NextBatchAsync(List<LaneOperation> batch)
    {
        Gather();
        while (_waiting.Count == 0)
        {
            if (!await _arrivals.Reader.WaitToReadAsync(_stop.Token))
            {
                return false;
            }

            Gather();
        }

        while (batch.Count < _context.Options.MaxBatch && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            batch.Add(first.Value);
        }

        return true;
    }

    private void Gather()
    {
        while (_arrivals.Reader.TryRead(out var operation))
        {
            _waiting.AddLast(operation);
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
            }

            GiveUpOverdue(batch, null);
            await BackOffAsync(attempt);
        }
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

            var draft = new CommitDraft(_state, _context.Clock.GetUtcNow(), Guid.CreateVersion7(_context.Clock.GetUtcNow()), _context.InstanceId);
            var taking = new HashSet<LaneOperation>(batch.Count);
            Decide(batch, draft, taking);
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
            var before = _context.Clock.GetTimestamp();
            _state = await _context.Store.LoadAsync(_accountId, _stop.Token);
            _stateKnownAt = before;
            readNow = true;
        }

        if (_state?.Pool is not null)
        {
            await ReadKeysAsync(_state, batch);
        }

        var preparing = batch.Select(operation => operation.PrepareAsync(_context.Store, _stop.Token)).Where(task => !task.IsCompletedSuccessfully);
        await Task.WhenAll(preparing.Select(task => task.AsTask()).ToList());
        return readNow;
    }

    private async Task ReadKeysAsync(AccountState state, List<LaneOperation> batch)
    {
        var missing = batch.Select(operation => operation.KeyId).OfType<string>().Where(id => !state.Keys.ContainsKey(id)).Distinct().ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var read = await Task.WhenAll(missing.Select(id => _context.Store.LoadKeyAsync(new KeyLocator(_accountId, id), _stop.Token)));
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
                    return false;
                case CommitFate.Lost:
                    batch.ForEach(operation => operation.Unavailable(null));
                    return true;
            }

            // Still open: the same write again, which either is carried out or finds its own echo. Those who have waited too long
            // are told so now; should it land after all, what was taken for them is given back.
            GiveUpOverdue(batch, null);
            await BackOffAsync(attempt);
        }
    }

    private async Task<CommitFate> TryCommitAsync(CommitDraft draft)
    {
        try
        {
            var before = _context.Clock.GetTimestamp();
            if (await _context.Store.TryCommitAsync(draft, _stop.Token))
            {
                _state = draft.ToState();
                _stateKnownAt = before;
                return CommitFate.Landed;
            }

            // A condition failed: perhaps because of an earlier, retried write of the same commit.
            return await FindFateAsync(draft, isRefused: true);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogInDoubt(_context.Logger, _accountId, draft.Sequence, failure.GetType().Name);
            return await FateOrOpenAsync(draft);
        }
    }

    private async Task<CommitFate> FateOrOpenAsync(CommitDraft draft)
    {
        try
        {
            return await FindFateAsync(draft, isRefused: false);
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
        var before = _context.Clock.GetTimestamp();
        var state = await _context.Store.LoadAsync(_accountId, _stop.Token);
        _state = state;
        _stateKnownAt = before;
        if (state is null)
        {
            return CommitFate.Impossible;
        }

        if (state.Head.Sequence < draft.Sequence)
        {
            // Not carried out yet. After a refusal a side row, or a key's row, was what failed: decide again.
            return isRefused ? CommitFate.Impossible : CommitFate.Open;
        }

        if (state.Head.Sequence == draft.Sequence)
        {
            return state.Head.CommitId == draft.CommitId ? CommitFate.Landed : CommitFate.Impossible;
        }

        var winner = await _context.Store.FindCommitAsync(_accountId, draft.Sequence, _stop.Token);
        return winner is null ? CommitFate.Lost : winner.CommitId == draft.CommitId ? CommitFate.Landed : CommitFate.Impossible;
    }

    private async Task FinishAsync(List<LaneOperation> batch, CommitDraft draft, HashSet<LaneOperation> taking)
    {
        foreach (var operation in batch)
        {
            if (!taking.Contains(operation))
            {
                operation.Answer();
            }
            else if (!operation.IsAnswered)
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
                await _context.Audit.WriteAsync(AuditEvent.OfAct(_accountId, draft.ToRow(), i), _stop.Token);
            }
        }
    }

    private void GiveUpOverdue(List<LaneOperation> batch, Exception? reason)
    {
        var now = _context.Clock.GetTimestamp();
        Gather();
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
    private Task BackOffAsync(int attempt)
    {
        var longest = Math.Min(_context.Options.MaxBackOff.TotalMilliseconds, _context.Options.MinBackOff.TotalMilliseconds * Math.Pow(2, attempt));
        return Task.Delay(TimeSpan.FromMilliseconds(longest * _context.Options.Random.NextDouble()), _context.Clock, _stop.Token);
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

    [LoggerMessage(1003, LogLevel.Warning, "Account {AccountId}: commit {Sequence} landed after its request had been refused; the charge is given back.")]
    private static partial void LogGivenBack(ILogger logger, string accountId, long sequence);
}
