using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Decides everything about one account in this process, one batch after the other: all that waits is decided in order against the
/// state that the lane holds, and committed together; the next batch gathers meanwhile (group commit). Whatever another instance
/// commits makes the own commit fail, and the batch is decided again on the new state.
/// </summary>
#pragma warning disable CA1001 // A source of cancellation without a timer holds nothing that must be disposed of.
internal sealed partial class AccountWriter
#pragma warning restore CA1001
{
    private readonly Mailbox _arrivals = new();
    private readonly LinkedList<AccountCommand> _waiting = new();
    private readonly string _accountId;
    private readonly WriterContext _context;
    private readonly Action<AccountWriter> _onEnd;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<AccountCommand> _batch = [];
    private readonly LeasePolicy _leasing;
    private readonly StorageWait _wait;
    private readonly HeldAccount _account;
    private readonly CommitWriter _writer;
    private LeaseState[] _toEnd = [];
    private bool _givesBack;
    private long _lastUsed;
    private int _committed;
    private int _oneByOne;

    /// <summary>Begins a lane.</summary>
    /// <param name="accountId">Whose.</param>
    /// <param name="context">What it shares with the others.</param>
    /// <param name="onEnd">Called when it has come to its end.</param>
    public AccountWriter(string accountId, WriterContext context, Action<AccountWriter> onEnd)
    {
        _accountId = accountId;
        _onEnd = onEnd;
        _context = context;
        _leasing = new LeasePolicy(context.Options, context.Clock);
        _wait = new StorageWait(context.Clock, context.Options, GiveUpOverdue, _stop.Token);
        var marks = new OpenWorkMarker(accountId, context.Open, context.Marks, context.Clock);
        _account = new HeldAccount(accountId, context, marks, _wait);
        _writer = new CommitWriter(_account, context, marks, _wait);
        _lastUsed = context.Clock.GetTimestamp();

        // Not Task.Run: whoever brings a scheduler has everything run on it, so that a simulation decides what comes next.
        Completion = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current).Unwrap();
    }

    /// <summary>Ends when everything that was enqueued is answered, after <see cref="Close"/>.</summary>
    public Task Completion { get; }

    /// <summary>How long the lane has had nothing to do.</summary>
    public TimeSpan Idle => _context.Clock.GetElapsedTime(Volatile.Read(ref _lastUsed));

    /// <summary>Hands an operation to the lane. False where the lane is closed.</summary>
    public bool TryEnqueue(AccountCommand operation) => _arrivals.TryAdd(operation);

    /// <summary>Takes no more operations; those that wait are still decided.</summary>
    public void Close() => _arrivals.Close();

    /// <summary>Gives up whatever is not decided yet.</summary>
    public void Abort() => _stop.Cancel();

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

            _onEnd(this);
        }
    }

    /// <summary>
    /// Takes what waits, waiting for something where there is nothing; an empty batch when a lease has lain idle.
    /// False when the lane is closed and empty.
    /// </summary>
    private async ValueTask<bool> NextBatchAsync(List<AccountCommand> batch)
    {
        _arrivals.TakeAll(_waiting);
        if (_waiting.Count == 0)
        {
            var longest = _account.Lease is null ? Timeout.InfiniteTimeSpan : _context.Options.LeaseIdleTime;
            if (!await _arrivals.WaitAsync(1, longest, _context.Clock, _stop.Token))
            {
                return false;
            }

            _arrivals.TakeAll(_waiting);
        }

        _account.DropIfOld();
        var most = _oneByOne > 0 ? 1 : _context.Options.MaxBatch;
        while (batch.Count < most && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            batch.Add(first.Value);
        }

        _oneByOne = Math.Max(0, _oneByOne - batch.Count);
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
            var longest = _writer.Took < _context.Options.MaxGatherTime ? _writer.Took : _context.Options.MaxGatherTime;
            await _arrivals.WaitAsync(_committed, longest, _context.Clock, _stop.Token);
        }
    }

    private async Task ProcessAsync(List<AccountCommand> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            batch.RemoveAll(operation => operation.IsAnswered || operation.TryCancel());
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
                // Reading failed, so nothing is in doubt.
                _account.Drop();
                LogReadFailed(_context.Logger, _accountId, StorageErrors.Kind(failure));
                if (!StorageErrors.IsTransient(failure))
                {
                    // What storage holds cannot be read, and trying again does not change that.
                    batch.ForEach(operation => operation.Fail(failure));
                    return;
                }

                GiveUpOverdue(failure);
                longest = _context.Options.MaxBackOff;
            }

            await _wait.BackOffAsync(attempt, longest);
        }
    }

    /// <summary>Decides a batch once. False when it has to be decided again.</summary>
    private async Task<bool> TryDecideAsync(List<AccountCommand> batch)
    {
        while (true)
        {
            var readNow = await ReadAsync(batch);
            if (_account.State is not { } state)
            {
                foreach (var operation in batch)
                {
                    operation.DecideMissing();
                    operation.Answer();
                }

                return true;
            }

            var draft = NewDraft(state, _toEnd.Take(AccountTransaction.MaxEnding));
            if (_toEnd.Length > AccountTransaction.MaxEnding)
            {
                // More than one commit can end: some of them first, without deciding anything.
                if (!await CommitAsync([], draft, []))
                {
                    return false;
                }

                continue;
            }

            var taking = new HashSet<AccountCommand>(batch.Count);
            if (!TryDecide(batch, draft, taking))
            {
                continue;
            }

            _leasing.Extend(draft, _accountId, _account.Lease is null || Array.Exists(_toEnd, lease => lease.Id == _account.Lease.Id));
            if (!draft.IsEmpty)
            {
                return await CommitAsync(batch, draft, taking);
            }

            // Nothing but refusals, and perhaps from a state that is not so any more.
            if (readNow || _account.Age < _context.Options.RefusalFreshness)
            {
                batch.ForEach(operation => operation.Answer());
                return true;
            }

            _account.Drop();
        }
    }

    private AccountTransaction NewDraft(AccountState state, IEnumerable<LeaseState> ending)
    {
        var now = _context.Clock.GetUtcNow();
        return new AccountTransaction(state, now, Guid.CreateVersion7(now), _context.InstanceId, [.. ending]) { SentAfter = _account.LastAnswerAt };
    }

    /// <summary>Decides one operation after the other. False where one failed: the draft is of no use then, and the others are decided anew.</summary>
    private bool TryDecide(List<AccountCommand> batch, AccountTransaction draft, HashSet<AccountCommand> taking)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (!draft.HasRoomFor(batch[i].MaxEntriesLength))
            {
                // The rest is for the next commit, in the same order.
                PutBack(batch, i);
                break;
            }

            try
            {
                if (batch[i].Decide(draft))
                {
                    taking.Add(batch[i]);
                }
            }
#pragma warning disable CA1031 // A record that cannot be decided on must not hold up the others.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogUndecidable(_context.Logger, _accountId, failure.GetType().Name, failure);
                batch[i].Fail(failure);
                batch.RemoveAt(i);
                return false;
            }
        }

        return true;
    }

    /// <summary>Moves the end of a batch back to where it came from.</summary>
    private void PutBack(List<AccountCommand> batch, int from)
    {
        for (var late = batch.Count - 1; late >= from; late--)
        {
            _waiting.AddFirst(batch[late]);
        }

        batch.RemoveRange(from, batch.Count - from);
    }

    /// <summary>Reads what the batch needs and the lane does not hold. True when the account itself was read.</summary>
    private async Task<bool> ReadAsync(List<AccountCommand> batch)
    {
        var readNow = false;
        if (_account.State is null)
        {
            await _account.LoadAsync();
            readNow = true;
        }

        if (_account.State?.Pool is not null)
        {
            await ReadKeysAsync(_account.State, batch);
        }
        else if (_account.State is not null && await ReadLeasesAsync(_account.State, readNow, batch))
        {
            readNow = true;
        }

        var now = _context.Clock.GetUtcNow();
        await _wait.ForAsync(Task.WhenAll(batch.Where(operation => operation.NeedsPreparing)
            .Select(operation => AloneAsync([operation], () => operation.PrepareAsync(_context.Store, now, _stop.Token)))));
        batch.RemoveAll(operation => operation.IsAnswered);
        return readNow;
    }

    private async Task ReadKeysAsync(AccountState state, List<AccountCommand> batch)
    {
        var missing = batch.Where(operation => operation.KeyId is { } id && !state.Keys.ContainsKey(id)).GroupBy(operation => operation.KeyId!).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var read = new ConcurrentDictionary<string, KeyState?>();
        await _wait.ForAsync(Task.WhenAll(missing.Select(asking => ReadKeyAsync(asking.Key, [.. asking]))));
        batch.RemoveAll(operation => operation.IsAnswered);
        _account.Add(read);

        Task ReadKeyAsync(string id, List<AccountCommand> asking) => AloneAsync(
            asking, async () => read[id] = await _context.Store.LoadKeyAsync(new KeyLocator(_accountId, id), _stop.Token));
    }

    /// <summary>Reads what only some operations need: where it cannot be read for what it is, they fail alone.</summary>
    private async Task AloneAsync(List<AccountCommand> operations, Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested && !StorageErrors.IsTransient(failure))
        {
            LogUndecidable(_context.Logger, _accountId, StorageErrors.Kind(failure), null);
            operations.ForEach(operation => operation.Fail(failure));
        }
    }

    /// <summary>Writes a draft until it is known what it came to, and answers. False when it was not carried out, and must be decided again.</summary>
    private async Task<bool> CommitAsync(List<AccountCommand> batch, AccountTransaction draft, HashSet<AccountCommand> taking)
    {
        switch (await _writer.WriteAsync(draft))
        {
            case CommitOutcome.Committed:
                _toEnd = [];
                _leasing.NoteCommit(draft);
                await FinishAsync(batch, draft, taking);
                return true;
            case CommitOutcome.Aborted:
                _account.NoteShared();
                _leasing.NoteConflict();
                return false;
            case CommitOutcome.Rejected when batch.Count == 0:
                throw Rejected();
            case CommitOutcome.Rejected when batch.Count > 1:
                // One of them is to blame: the next commits have one each.
                _account.Drop();
                _oneByOne = batch.Count;
                PutBack(batch, 0);
                return true;
            case CommitOutcome.Rejected:
                _account.Drop();
                batch.ForEach(operation => operation.Fail(Rejected()));
                return true;
            default:
                GiveUpLost(batch);
                return true;
        }
    }

    private InvalidOperationException Rejected() => new("Storage can never take this commit.", _writer.Rejection);

    private async Task FinishAsync(List<AccountCommand> batch, AccountTransaction draft, HashSet<AccountCommand> taking)
    {
        _committed += draft.Row.Entries.Count;
        var toLog = new List<AuditMessage>();
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
            else if (operation.Compensate(draft) is { } undo)
            {
                LogGivenBack(_context.Logger, _accountId, draft.Row.Sequence);
                _waiting.AddLast(undo);
            }
        }

        if (draft.Row.Entries.Any(entry => entry.IsSelfContained))
        {
            toLog.Add(new CommitMessage { AccountId = _accountId, Row = draft.Row });
        }

        toLog.AddRange(draft.SideRows.OfType<SideRow.Page>().Select(page => new PageMessage { AccountId = _accountId, Sequence = page.Row.Sequence }));
        foreach (var note in toLog)
        {
            var written = _context.Audit.WriteAsync(note, _stop.Token);
            if (!written.IsCompletedSuccessfully)
            {
                await _wait.ForAsync(written.AsTask());
            }
        }
    }

    private void GiveUpLost(List<AccountCommand> batch)
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

    private void GiveUpOverdue() => GiveUpOverdue(null);

    /// <summary>Tells those whose time is up that nothing was decided. Should their commit be carried out all the same, it is given back.</summary>
    private void GiveUpOverdue(Exception? reason)
    {
        var now = _context.Clock.GetTimestamp();
        _arrivals.TakeAll(_waiting);
        foreach (var operation in _batch.Concat(_waiting))
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

    [LoggerMessage(1001, LogLevel.Warning, "Account {AccountId}: reading failed with {Failure}.")]
    private static partial void LogReadFailed(ILogger logger, string accountId, string failure);

    [LoggerMessage(1003, LogLevel.Warning, "Account {AccountId}: commit {Sequence} was carried out after its request had been refused; the charge is given back.")]
    private static partial void LogGivenBack(ILogger logger, string accountId, long sequence);

    [LoggerMessage(1006, LogLevel.Error, "Account {AccountId}: an operation cannot be decided ({Failure}), and fails alone.")]
    private static partial void LogUndecidable(ILogger logger, string accountId, string failure, Exception? exception);
}
