using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas.Lanes;

/// <summary>What every lane of a process shares.</summary>
internal sealed record LaneContext(
    IAccountStore Store,
    IAuditSink Audit,
    TimeProvider Clock,
    QuotaEngineOptions Options,
    string InstanceId,
    OpenAccountIndex Open,
    MarkIndex Marks,
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
    private readonly LaneMarks _marks;
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
        _marks = new LaneMarks(accountId, context.Open, context.Marks, context.Clock);
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
        _marks.Renew(_stop.Token);
        _state = await PatientlyAsync(_context.Store.LoadAsync(_accountId, _stop.Token));
        _stateKnownAt = before;
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

    [LoggerMessage(1001, LogLevel.Warning, "Account {AccountId}: reading failed with {Failure}; trying again.")]
    private static partial void LogReadFailed(ILogger logger, string accountId, string failure);
}
