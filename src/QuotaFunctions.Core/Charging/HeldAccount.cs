using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>What a writer holds of its account: the state that it read or committed last, and its own lease.</summary>
internal sealed class HeldAccount(string accountId, WriterContext context, OpenWorkMarker marks, StorageWait wait)
{
    private long _knownAt;
    private long? _sharedAt;
    private LedgerHead? _lastHead;

    public string Id => accountId;

    /// <summary>The account; null where nothing is held that may be decided on.</summary>
    public AccountState? State { get; private set; }

    /// <summary>The writer's own lease; null where it has none.</summary>
    public LeaseState? Lease { get; set; }

    /// <summary>The service's time in the last answer that told something of the account, to the second; nothing sent since is older.</summary>
    public DateTimeOffset LastAnswerAt { get; private set; }

    /// <summary>Whether other instances were seen to use the account.</summary>
    public bool IsShared => _sharedAt is { } at && context.Clock.GetElapsedTime(at) < context.Options.WriterLifetime;

    /// <summary>How long ago the state was asked for.</summary>
    public TimeSpan Age => context.Clock.GetElapsedTime(_knownAt);

    /// <summary>Reads the account.</summary>
    public async Task LoadAsync()
    {
        var before = context.Clock.GetTimestamp();
        marks.Renew(wait.Stop);
        State = await wait.ForAsync(context.Store.LoadAsync(accountId, wait.Stop));
        _knownAt = before;
        if (State is null)
        {
            return;
        }

        if (_lastHead is { } known && known != State.Head)
        {
            NoteShared();
        }

        _lastHead = State.Head;
        LastAnswerAt = State.ServiceTime;
    }

    /// <summary>Adds keys of a pool to the state that is held.</summary>
    public void Add(IEnumerable<KeyValuePair<string, KeyState?>> keys) => State = State!.With(keys);

    /// <summary>Takes over what a commit made of the account.</summary>
    /// <param name="transaction">The commit, which was carried out.</param>
    /// <param name="sentAt">When it was sent, as a timestamp of the clock.</param>
    public void Take(AccountTransaction transaction, long sentAt)
    {
        State = transaction.ToState();
        _knownAt = sentAt;
        _lastHead = State.Head;
        LastAnswerAt = transaction.CommittedAt;
        TakeLease(transaction);
    }

    /// <summary>Takes over what a commit made of the writer's own lease.</summary>
    public void TakeLease(AccountTransaction transaction)
    {
        if ((transaction.Lease ?? transaction.GrantedLease) is { } lease)
        {
            Lease = lease;
        }
        else if (Lease is not null && transaction.SideRows.OfType<SideRow.Ended>().Any(ended => ended.Lease.Id == Lease.Id))
        {
            Lease = null;
        }
    }

    /// <summary>Forgets the state: it is read again before anything is decided.</summary>
    public void Drop() => State = null;

    /// <summary>
    /// Forgets a state that lay idle for too long. Another instance may have gone on since, and a commit on an old state is one round
    /// trip for nothing. Where others are known to use the account, a second is too long.
    /// </summary>
    public void DropIfOld()
    {
        if (State is not null && Age > (IsShared ? context.Options.SharedStateLifetime : context.Options.StateLifetime))
        {
            Drop();
        }
    }

    /// <summary>Another instance has committed something on the account.</summary>
    public void NoteShared() => _sharedAt = context.Clock.GetTimestamp();

    /// <summary>Reads the own lease as it is in storage: another instance may have closed or ended it.</summary>
    public async Task<LeaseState?> RefreshLeaseAsync()
    {
        if (Lease is not null)
        {
            Lease = await wait.ForAsync(context.Store.FindLeaseAsync(accountId, Lease.Id, wait.Stop));
        }

        return Lease;
    }
}
