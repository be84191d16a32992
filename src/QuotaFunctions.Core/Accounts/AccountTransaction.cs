using System.Globalization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// A commit in the making: copies of what it changes, the ledger entries, the rows beside them. Decided against one state of the
/// account; written as one transaction, or not at all.
/// </summary>
internal sealed class AccountTransaction
{
    /// <summary>Rows in one transaction, by the service's limit.</summary>
    public const int MaxRows = 100;

    /// <summary>Leases that one commit may end: each is a row, and half of them are left for what the commit is for.</summary>
    public const int MaxEnding = MaxRows / 2;

    /// <summary>
    /// Keys that one commit may change: with the sums, and up to three days of each, they must fit into the transaction that compacts it.
    /// </summary>
    private const int MaxKeys = 24;

    /// <summary>Characters in one property, below the service's limit of 32 Ki.</summary>
    public const int MaxEntriesLength = 30_000;

    /// <summary>Rows that one command adds at the most: a key and two rows beside.</summary>
    private const int RowsOfCommand = 3;

    /// <summary>Rows that every commit has: the ledger's, and the pool's or the lease's.</summary>
    private const int RowsOfCommit = 2;

    /// <summary>What the entries of the refills of a key and its pool may take.</summary>
    private const int RefillsLength = 300;

    /// <summary>How far an instance's clock may be behind the account's and still be lifted to it; beyond, the account's is the wrong one.</summary>
    private static readonly TimeSpan MaxClockLag = TimeSpan.FromMinutes(10);

    private readonly AccountState _state;
    private readonly Dictionary<string, KeyState> _touched = [];
    private readonly List<LedgerEntry> _entries = [];
    private readonly List<SideRow> _sideRows = [];
    private int _entriesLength;

    /// <summary>Begins a transaction.</summary>
    /// <param name="state">The account that it is decided on.</param>
    /// <param name="now">The instance's clock.</param>
    /// <param name="commitId">The commit's id.</param>
    /// <param name="owner">The instance.</param>
    /// <param name="ending">The leases that end with this commit.</param>
    public AccountTransaction(AccountState state, DateTimeOffset now, Guid commitId, string owner, IReadOnlyList<LeaseState> ending)
    {
        (_state, Now, At) = (state, now, ClockOf(state, now, ending.Select(lease => lease.At)));
        Row = new LedgerRow { Sequence = state.Head.Sequence + 1, CommitId = commitId, At = At, Owner = owner, Entries = _entries };
        foreach (var lease in ending)
        {
            End(lease);
        }
    }

    /// <summary>Begins a commit that spends from a lease.</summary>
    /// <param name="state">The account that it is decided on.</param>
    /// <param name="now">The instance's clock.</param>
    /// <param name="commitId">The commit's id.</param>
    /// <param name="lease">The lease, of which a copy is changed.</param>
    public AccountTransaction(AccountState state, DateTimeOffset now, Guid commitId, LeaseState lease)
    {
        (_state, Now, At) = (state, now, ClockOf(state, now, [lease.At]));
        Lease = lease.Clone();
        Lease.Sequence++;
        Lease.CommitId = commitId;
        Lease.At = At;
        Lease.WrittenAt = null;
        Row = new LedgerRow { Sequence = Lease.Sequence, CommitId = commitId, At = At, Owner = lease.Owner, Entries = _entries };
    }

    public string AccountId => _state.AccountId;

    /// <summary>This instance's clock: what expiries are held against.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The account's clock, which never goes back: what periods and rates are counted by.</summary>
    public DateTimeOffset At { get; }

    /// <summary>The service's time in the last answer before the transaction was made: no write of it is older. Default where that is not known.</summary>
    public DateTimeOffset SentAfter { get; init; }

    /// <summary>The service's time when it was carried out, to the second, once that is known.</summary>
    public DateTimeOffset CommittedAt { get; set; }

    /// <summary>The lease that is spent from, as it is once this is committed; null where the account itself is changed.</summary>
    public LeaseState? Lease { get; }

    /// <summary>The lease that begins with this commit, or null.</summary>
    public LeaseState? GrantedLease { get; private set; }

    /// <summary>Its row in the ledger.</summary>
    public LedgerRow Row { get; }

    /// <summary>The head once this is committed: behind the numbers that a new lease takes along.</summary>
    public LedgerHead NextHead => new(Row.Sequence + (GrantedLease is null ? 0 : LeaseState.SequenceRun), Row.CommitId, At);

    /// <summary>Where the next entry will stand.</summary>
    public LedgerPosition NextPosition => new(Row.Sequence, _entries.Count);

    public IReadOnlyList<SideRow> SideRows => _sideRows;

    /// <summary>The keys that the commit changes.</summary>
    public IReadOnlyCollection<KeyState> ChangedKeys => _touched.Values;

    /// <summary>The pool's copy once it was changed, else the one that was read; null for a key of its own.</summary>
    public PoolState? Pool { get; private set; }

    public bool IsEmpty => _entries.Count == 0 && _sideRows.Count == 0;

    /// <summary>True where one more command fits: it may change a key, add two rows beside, and these entries.</summary>
    public bool HasRoomFor(int entriesLength) =>
        _touched.Count < MaxKeys && _touched.Count + _sideRows.Count + RowsOfCommand + RowsOfCommit <= MaxRows && _entriesLength + entriesLength + RefillsLength <= MaxEntriesLength;

    /// <summary>A key as it stands in this transaction, to look at; null where the account has no such key.</summary>
    public KeyState? Peek(string keyId) => _touched.GetValueOrDefault(keyId) ?? _state.Keys.GetValueOrDefault(keyId);

    /// <summary>The pool as it stands in this transaction, to look at.</summary>
    public PoolState? PeekPool() => Pool ?? _state.Pool;

    /// <summary>A key, to be changed.</summary>
    public KeyState Change(string keyId)
    {
        if (!_touched.TryGetValue(keyId, out var key))
        {
            key = _state.Keys[keyId]!.Clone();
            Replace(key);
        }

        return key;
    }

    /// <summary>The pool, to be changed; null for a key of its own.</summary>
    public PoolState? ChangePool() => Pool ??= _state.Pool?.Clone();

    /// <summary>Puts a changed copy of a key in its place. Every commit of a pool's account passes by the pool's row.</summary>
    public void Replace(KeyState key)
    {
        _touched[key.Locator.KeyId] = key;
        ChangePool();
    }

    /// <summary>Puts a changed copy of the pool in its place.</summary>
    public void Replace(PoolState pool) => Pool = pool;

    /// <summary>Begins a lease on an account with one key.</summary>
    public void Grant(string keyId, long allotment, TimeSpan lifetime)
    {
        Change(keyId).Balance.Leased += allotment;
        GrantedLease = new LeaseState
        {
            Id = (Row.Sequence + 1).ToString("D19", CultureInfo.InvariantCulture),
            AccountId = AccountId,
            Owner = Row.Owner,
            Allotment = allotment,
            FirstSequence = Row.Sequence + 1,
            Sequence = Row.Sequence,
            At = At,
            Until = At + lifetime,
        };
        Add(new SideRow.Granted(GrantedLease));
    }

    /// <summary>Adds an entry. Returns its number among those of <see cref="Row"/>.</summary>
    public int Add(LedgerEntry entry)
    {
        _entries.Add(entry);
        _entriesLength += entry.MaxLength;
        return _entries.Count - 1;
    }

    public void Add(SideRow row) => _sideRows.Add(row);

    /// <summary>Remembers an Idempotency-Key; a transaction may name its row only once.</summary>
    public void Remember(string keyId, IdempotencyRecord record)
    {
        _sideRows.RemoveAll(row => row is SideRow.Idempotency idempotency && idempotency.KeyId == keyId && idempotency.Record.IdempotencyKey == record.IdempotencyKey);
        Add(new SideRow.Idempotency(keyId, record));
    }

    /// <summary>Begins the periods that are due for a key, where one is named, and for the pool.</summary>
    public void BeginPeriods(string? keyId)
    {
        if (keyId is not null && Peek(keyId) is { } key && key.Balance.IsRefillDue(At))
        {
            var taken = Change(keyId).Balance.BeginPeriod(At, NextPosition);
            Add(Refilled(keyId) with { Delta = -taken });
        }

        if (PeekPool() is { } pool && pool.Balance.IsRefillDue(At))
        {
            var taken = ChangePool()!.Balance.BeginPeriod(At, NextPosition);
            Add(Refilled(pool.Id) with { PoolDelta = -taken });
        }
    }

    /// <summary>The account once this is committed.</summary>
    public AccountState ToState()
    {
        // Not a copy of all keys: a pool may have thousands, and this happens with every commit.
        var keys = _state.Keys.SetItems(_touched.Select(key => KeyValuePair.Create(key.Key, (KeyState?)key.Value)));
        return new AccountState
        {
            AccountId = _state.AccountId,
            Head = Lease is null ? NextHead : _state.Head,
            Pool = PeekPool(),
            Keys = keys,
            ServiceTime = CommittedAt,
        };
    }

    /// <summary>The account's clock, which an instance's own may be behind.</summary>
    private static DateTimeOffset ClockOf(AccountState state, DateTimeOffset now, IEnumerable<DateTimeOffset> leases)
    {
        var last = leases.Append(state.Head.At).Max();
        return last > now && last - now <= MaxClockLag ? last : now;
    }

    private static LedgerEntry Refilled(string id) => new()
    {
        Kind = LedgerEntryKind.Adjustment,
        KeyId = id,
        Outcome = LedgerAdjustments.Refilled,
    };

    /// <summary>Ends a lease on an account with one key: what was spent is used, the rest is free again.</summary>
    private void End(LeaseState lease)
    {
        var key = Change(AccountId);
        key.Balance.Leased -= lease.Allotment;
        key.Balance.Used += lease.Spent;
        if (lease.Spent > 0)
        {
            key.LastUsedAt = lease.At;
        }

        Add(new SideRow.Ended(lease));
    }
}
