using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Decides everything about one account in this process, one batch after the other: all that waits is decided in order against the
/// state that the writer holds, and committed together; the next batch gathers meanwhile (group commit). Whatever another instance
/// commits makes the own commit fail, and the batch is decided again on the new state.
/// </summary>
#pragma warning disable CA1001 // A source of cancellation without a timer holds nothing that must be disposed of.
internal sealed class AccountWriter
#pragma warning restore CA1001
{
    private readonly string _accountId;
    private readonly WriterContext _context;
    private readonly Action<AccountWriter> _onEnd;
    private readonly CancellationTokenSource _stop = new();
    private readonly CommandQueue _queue = new();
    private readonly StorageWait _wait;
    private readonly HeldAccount _account;
    private readonly LeaseKeeper _leases;
    private readonly TurnTaking _turns;
    private readonly BatchDecider _decider;
    private readonly BatchCommitter _committer;
    private long _lastUsed;

    /// <summary>Begins an account's writer.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="context">What it shares with the others.</param>
    /// <param name="onEnd">Called when it has come to its end.</param>
    public AccountWriter(string accountId, WriterContext context, Action<AccountWriter> onEnd)
    {
        (_accountId, _context, _onEnd) = (accountId, context, onEnd);
        _wait = new StorageWait(context.Clock, context.Options, () => GiveUpOverdue(null), _stop.Token);
        var marker = new OpenWorkMarker(accountId, context.Open, context.Marks, context.Clock);
        _account = new HeldAccount(accountId, context, marker, _wait);
        _leases = new LeaseKeeper(_account, context, _wait);
        _turns = new TurnTaking(context.Clock, context.Options);
        _committer = new BatchCommitter(_account, _leases, _turns, _queue, new CommitWriter(_account, context, marker, _wait), context, _wait);
        _decider = new BatchDecider(_account, _leases, _queue, new BatchReader(_account, _leases, context, _wait), _committer, context);
        _lastUsed = context.Clock.GetTimestamp();

        // Not in the context of the request that happened to come first: all that the writer does would be part of its trace.
        using var flow = ExecutionContext.SuppressFlow();

        // Not Task.Run: a simulation brings a scheduler, which decides what comes next.
        Completion = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current).Unwrap();
    }

    /// <summary>Ends when everything that was enqueued is answered, after <see cref="Close"/>.</summary>
    public Task Completion { get; }

    /// <summary>How long the writer has had nothing to do.</summary>
    public TimeSpan Idle => _context.Clock.GetElapsedTime(Volatile.Read(ref _lastUsed));

    /// <summary>Hands a command to the writer. False where it is closed.</summary>
    public bool TryEnqueue(AccountCommand command) => _queue.Mailbox.TryAdd(command);

    /// <summary>Takes no more commands; those that wait are still decided.</summary>
    public void Close() => _queue.Mailbox.Close();

    /// <summary>Gives up whatever is not decided yet.</summary>
    public void Abort() => _stop.Cancel();

    private async Task RunAsync()
    {
        var batch = _queue.Batch;
        try
        {
            while (await NextBatchAsync())
            {
                if (batch.Count == 0)
                {
                    // The lease has lain idle.
                    await GiveLeaseBackAsync();
                    continue;
                }

                _committer.Committed = 0;
                while (await _decider.TrySpendLeaseAsync(batch))
                {
                    // What did not fit into one commit goes into the next.
                }

                await ProcessAsync(batch);
                batch.Clear();
                Volatile.Write(ref _lastUsed, _context.Clock.GetTimestamp());
                await GiveWayAsync();
                await GatherMoreAsync();
            }

            await GiveLeaseBackAsync();
        }
        finally
        {
            Close();
            foreach (var command in _queue.TakeRest())
            {
                command.Unavailable(null);
            }

            _onEnd(this);
        }
    }

    private async ValueTask<bool> NextBatchAsync()
    {
        var longest = _account.Lease is null ? Timeout.InfiniteTimeSpan : _context.Options.LeaseIdleTime;
        if (!await _queue.NextBatchAsync(_context.Options.MaxBatch, longest, _context.Clock, _stop.Token))
        {
            return false;
        }

        _account.DropIfOld();
        return true;
    }

    /// <summary>Lets other instances have a turn, where this one has had its own for long, and there may be others.</summary>
    private async ValueTask GiveWayAsync()
    {
        var pause = _turns.TakePause(_account.IsShared);
        if (pause > TimeSpan.Zero)
        {
            await (_account.IsShared
                ? Task.Delay(pause, _context.Clock, _stop.Token)
                : _context.Presence.LeaveRoomAsync(pause, _account.LastAnswerAt, _stop.Token));
        }
    }

    /// <summary>Waits until as many ask again as were just answered, but not for long.</summary>
    private async ValueTask GatherMoreAsync()
    {
        var longest = Gathering.TimeFor(_committer.Committed, _queue.CountWaiting(), _committer.Took, _context.Options);
        if (longest > TimeSpan.Zero)
        {
            await _queue.Mailbox.WaitAsync(_committer.Committed, longest, _context.Clock, _stop.Token);
        }
    }

    /// <summary>Decides a batch, again and again, until everything in it is answered.</summary>
    private async Task ProcessAsync(List<AccountCommand> batch)
    {
        var failures = 0;
        while (true)
        {
            batch.RemoveAll(command => command.IsAnswered || command.TryCancel());
            if (batch.Count == 0)
            {
                return;
            }

            try
            {
                if (await _decider.TryDecideAsync(batch))
                {
                    return;
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                // Reading failed, so nothing is in doubt.
                _account.Drop();
                WriterLog.ReadFailed(_context.Logger, _accountId, StorageErrors.Kind(failure));
                if (!StorageErrors.IsTransient(failure))
                {
                    // What storage holds cannot be read, and trying again does not change that.
                    batch.ForEach(command => command.Fail(failure));
                    return;
                }

                GiveUpOverdue(failure);
                await _wait.BackOffAsync(failures++, _context.Options.MaxBackOff);
            }
        }
    }

    /// <summary>Ends the own lease. Where storage does not let it, it ends when its time is over.</summary>
    private async Task GiveLeaseBackAsync()
    {
        for (var attempt = 0; _account.Lease is not null && attempt < _context.Options.MaxGiveBackAttempts; attempt++)
        {
            try
            {
                _account.Drop();
                _leases.IsGivingBack = true;
                if (await _decider.TryDecideAsync([]))
                {
                    break;
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                WriterLog.ReadFailed(_context.Logger, _accountId, StorageErrors.Kind(failure));
                await _wait.BackOffAsync(attempt, _context.Options.MaxBackOff);
            }
        }

        _account.Lease = null;
        _leases.IsGivingBack = false;
    }

    /// <summary>Tells those whose time is up that nothing was decided. Should their commit be carried out all the same, it is given back.</summary>
    private void GiveUpOverdue(Exception? reason) => _queue.GiveUpOverdue(_context.Clock.GetTimestamp(), reason);
}
