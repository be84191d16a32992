using System.Globalization;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using static QuotaFunctions.Tests.Charging.Simulation.BrokenPromiseException;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>
/// Keeps books of its own, from nothing but what is written to the storage, and holds every single commit to the promises as soon
/// as it is carried out.
/// </summary>
internal sealed class Books(SimulatedTables tables, string accounts)
{
    private readonly Dictionary<(string Account, long Sequence), Guid> _commits = [];
    private readonly Dictionary<string, long> _sums = [];
    private readonly Dictionary<string, Before> _before = [];
    private readonly Dictionary<string, List<long>> _admissions = [];
    private readonly Dictionary<string, DateTimeOffset> _clocks = [];
    private readonly Dictionary<(string KeyId, string Claim), List<ChargeEntry>> _claims = [];
    private readonly Dictionary<ChargeId, Repetition> _repetitions = [];
    private readonly Dictionary<string, int> _calls = [];

    /// <summary>Every charge in the ledger.</summary>
    public Dictionary<(string KeyId, ChargeId Id), ChargeEntry> Charges { get; } = [];

    /// <summary>Every charge in the ledger, by the id of its request.</summary>
    public Dictionary<string, ChargeEntry> ByRequest { get; } = [];

    /// <summary>The Idempotency-Key of a request, or null.</summary>
    public Func<string, string?> ClaimOf { get; set; } = _ => null;

    /// <summary>How many transactions were looked at.</summary>
    public int Commits { get; private set; }

    public long SumOf(string id) => _sums.GetValueOrDefault(id);

    /// <summary>Notes how an account stands when it is made.</summary>
    public void Open(string account) => Remember(account);

    /// <summary>Looks at a transaction that was carried out just now.</summary>
    public void Observe(string table, IReadOnlyList<TableTransactionAction> actions)
    {
        try
        {
            Look(table, actions);
        }
        catch (BrokenPromiseException broken)
        {
            // Not to whoever wrote it: the engine lives with any failure of the storage.
            tables.World.Failure ??= broken;
        }
    }

    private void Look(string table, IReadOnlyList<TableTransactionAction> actions)
    {
        if (table != accounts)
        {
            return;
        }

        var account = actions[0].Entity.PartitionKey;
        var row = actions.Where(action => action.ActionType == TableTransactionActionType.Add && action.Entity.RowKey.StartsWith("commit:", StringComparison.Ordinal))
            .Select(action => LedgerEntity.ToRow((TableEntity)action.Entity)).SingleOrDefault();
        if (row is null)
        {
            return;
        }

        Commits++;
        That(_commits.TryAdd((account, row.Sequence), row.CommitId), $"{account}: commit {row.Sequence} is in the ledger twice");
        CheckClock(account, row, actions);
        NoteRepetitions(actions);
        for (var i = 0; i < row.Entries.Count; i++)
        {
            Note(account, row, i);
        }

        CheckLimits(account, row, isOnLease: actions.Any(action => AccountRowKeys.IsLease(action.Entity.RowKey) && action.ActionType == TableTransactionActionType.UpdateMerge));
        CheckRates(account, row);
        CheckCalls(account, row);
        Remember(account);
        CheckSums(account);
    }

    private static bool IsCharge(LedgerEntry entry) => entry.Kind is LedgerEntryKind.Forward or LedgerEntryKind.Consume;

    /// <summary>A forwarded charge whose end is a commit of its own.</summary>
    private static bool IsCall(LedgerEntry entry) => entry is { Kind: LedgerEntryKind.Forward, HoldUntil: > 0 };

    /// <summary>The clock of an account never goes back, nor behind what was spent on a lease that ends.</summary>
    private void CheckClock(string account, LedgerRow row, IReadOnlyList<TableTransactionAction> actions)
    {
        var leases = actions.Where(action => AccountRowKeys.IsLease(action.Entity.RowKey)).ToList();
        var spent = leases.Find(action => action.ActionType == TableTransactionActionType.UpdateMerge);
        var own = spent is null ? account : account + spent.Entity.RowKey;
        var ended = leases.Where(action => action.ActionType == TableTransactionActionType.Delete).Select(action => account + action.Entity.RowKey);
        foreach (var clock in ended.Append(own))
        {
            That(!_clocks.TryGetValue(clock, out var last) || row.At >= last, $"{account}: commit {row.Sequence} goes back in time");
        }

        _clocks[own] = row.At;
    }

    /// <summary>Notes an entry of a commit.</summary>
    /// <param name="account">The account.</param>
    /// <param name="row">The commit.</param>
    /// <param name="index">The entry's number in the commit.</param>
    private void Note(string account, LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        _sums[entry.KeyId] = SumOf(entry.KeyId) + (entry.KeyId == account && KeyLocator.IsPoolId(account) ? entry.PoolDelta : entry.Delta);
        if (entry.KeyId != account && KeyLocator.IsPoolId(account))
        {
            _sums[account] = SumOf(account) + entry.PoolDelta;
        }

        if (IsCharge(entry))
        {
            var charge = new ChargeEntry(entry, row.IdOf(index), row.At);
            Charges.Add((entry.KeyId, charge.Id), charge);
            That(ByRequest.TryAdd(entry.RequestId!, charge), $"{entry.RequestId} is charged twice: {charge.Id}");
            CheckClaim(charge);
            if (IsCall(entry))
            {
                var calls = _calls[entry.KeyId] = _calls.GetValueOrDefault(entry.KeyId) + 1;
                That(!(calls > KeyOf(account, entry.KeyId)!.Settings.MaxConcurrent), $"{entry.KeyId}: {calls} calls are under way with {charge.Id}");
            }
        }
        else if (entry.Kind == LedgerEntryKind.Settle)
        {
            That(ChargeId.TryParse(entry.Settles, out var settles), "A settlement names no charge");
            That(Charges.TryGetValue((entry.KeyId, settles), out var charge), $"{entry.Settles} is settled and was never charged");
            That(charge!.SettledAt is null, $"{entry.Settles} is settled twice");
            charge.SettledAt = entry.FinalCost;
            charge.Repetition = _repetitions[settles];
            if (IsCall(charge.Entry))
            {
                _calls[entry.KeyId]--;
            }
        }
    }

    /// <summary>Notes what repetitions of the charges get that a commit settles.</summary>
    private void NoteRepetitions(IReadOnlyList<TableTransactionAction> actions)
    {
        _repetitions.Clear();
        foreach (var action in actions)
        {
            if (AccountRowKeys.SettledCharge(action.Entity.RowKey) is { } charge)
            {
                _repetitions.Add(charge, (Repetition)((TableEntity)action.Entity).GetInt32("Repetition")!.Value);
            }
        }
    }

    /// <summary>
    /// An Idempotency-Key is charged once in 24 hours, unless its charge came to nothing. Its request is forwarded once more at the most, when
    /// its answer is gone, and never twice at a time.
    /// </summary>
    private void CheckClaim(ChargeEntry charge)
    {
        if (ClaimOf(charge.Entry.RequestId!) is not { } claim)
        {
            return;
        }

        var calls = _claims.GetValueOrDefault((charge.Entry.KeyId, claim), []);
        if (charge.Entry.Delta == 0)
        {
            var standing = calls.Where(call => call.Repetition != Repetition.Anew).ToList();
            That(standing is [{ Repetition: Repetition.OnceMore }] && standing[0] == calls[0],
                $"{claim} is forwarded again as {charge.Id} after {string.Join(", ", calls.Select(call => $"{call.Id} {call.Repetition}"))}");
            calls.Add(charge);
            return;
        }

        That(calls is [] || calls[0].Repetition == Repetition.Anew || charge.At - calls[0].At >= TimeSpan.FromHours(24),
            $"{claim} is charged as {(calls is [] ? default : calls[0].Id)}, and again as {charge.Id}");
        _claims[(charge.Entry.KeyId, claim)] = [charge];
    }

    /// <summary>
    /// At every grant, what is used with its cost is within the quota in force. Within a commit the entries count in their order.
    /// </summary>
    private void CheckLimits(string account, LedgerRow row, bool isOnLease)
    {
        foreach (var id in row.Entries.Select(entry => entry.KeyId).Append(account).Distinct())
        {
            if (StandOf(account, id) is not { } after || !_before.TryGetValue(id, out var before))
            {
                continue;
            }

            var acts = row.Entries.Select((entry, index) => (entry, index))
                .Where(item => item.entry.Kind == LedgerEntryKind.Adjustment && item.entry.KeyId == id).Select(item => item.index).ToList();
            var isPool = id == account && KeyLocator.IsPoolId(account);
            if (isOnLease)
            {
                CheckLease(account, id, after, row.Sequence);
                continue;
            }

            // What was spent on leases that end with this commit is used from now on.
            var deltas = row.Entries.Where(entry => isPool || entry.KeyId == id).Sum(entry => isPool ? entry.PoolDelta : entry.Delta);
            var used = after.Used - deltas;
            long? quota = before.Quota;
            for (var i = 0; i < row.Entries.Count; i++)
            {
                var entry = row.Entries[i];
                if (!isPool && entry.KeyId != id)
                {
                    continue;
                }

                used += isPool ? entry.PoolDelta : entry.Delta;
                if (acts.Contains(i))
                {
                    // A top-up says by how much; after another act the quota is known again only where it was the last.
                    quota = i == acts[^1] ? after.Quota
                        : entry.Outcome == LedgerAdjustments.ToppedUp ? quota + long.Parse(entry.Reference!, CultureInfo.InvariantCulture) : null;
                }

                if (!IsCharge(entry))
                {
                    continue;
                }

                var isFirst = acts.Count == 0 || i < acts[0];
                var isLast = acts.Count > 0 && i > acts[^1];
                var isUnlimited = isFirst ? before.IsUnlimited : isLast ? after.IsUnlimited : before.IsUnlimited || after.IsUnlimited;
                var aside = acts.Count > 0 ? 0 : after.Leased;
                That(isUnlimited || (isPool ? entry.PoolDelta : entry.Delta) == 0 || !(used + aside > quota),
                    $"{id} is oversold by commit {row.Sequence}: {used} used and {aside} leased of {quota}");
                var wasGood = isFirst ? before.Status : isLast ? after.Status : KeyStatus.Active;
                That(wasGood == KeyStatus.Active, $"{id} is {wasGood} and charged by commit {row.Sequence}");
            }
        }
    }

    private void CheckLease(string account, string id, Before stand, long sequence)
    {
        var leases = Leases(account).ToList();
        That(leases.TrueForAll(lease => lease.Spent <= lease.Allotment), $"{id}: more is spent than leased by commit {sequence}");
        That(leases.Sum(lease => lease.Allotment) == stand.Leased, $"{id}: {stand.Leased} is set aside for other leases than there are");
        That(stand.IsUnlimited || stand.Used + leases.Sum(lease => lease.Spent) <= stand.Quota, $"{id} is oversold on a lease by commit {sequence}");
        That(stand.Status == KeyStatus.Active, $"{id} is {stand.Status} and charged on a lease by commit {sequence}");
    }

    /// <summary>No 60 seconds of the account's clock hold more admissions than the rate.</summary>
    private void CheckRates(string account, LedgerRow row)
    {
        foreach (var charges in row.Entries.Where(IsCharge).GroupBy(entry => entry.KeyId))
        {
            if (!_admissions.TryGetValue(charges.Key, out var admissions))
            {
                _admissions.Add(charges.Key, admissions = []);
            }

            var now = row.At.ToUnixTimeMilliseconds();
            admissions.RemoveAll(at => at <= now - 60_000);
            admissions.AddRange(charges.Select(_ => now));
            var limit = StandOf(account, charges.Key)!.Rate;
            That(limit != _before[charges.Key].Rate || !(admissions.Count > limit), $"{charges.Key}: {admissions.Count} admissions in a minute, {limit} allowed, at commit {row.Sequence}");
        }
    }

    /// <summary>The calls under way that a key's record counts are those of the ledger.</summary>
    private void CheckCalls(string account, LedgerRow row)
    {
        foreach (var id in row.Entries.Select(entry => entry.KeyId).Distinct())
        {
            if (KeyOf(account, id) is { } key)
            {
                That((key.OpenCalls ?? 0) == _calls.GetValueOrDefault(id), $"{id}: {key.OpenCalls} calls are counted, {_calls.GetValueOrDefault(id)} are under way");
            }
        }
    }

    private KeyState? KeyOf(string account, string id) => tables.Find(accounts, account, AccountRowKeys.Key(id)) is { } row ? AccountEntity.ToKey(row) : null;

    /// <summary>What is used is the ledger's sum, after every single commit.</summary>
    private void CheckSums(string account)
    {
        foreach (var id in _before.Keys.Where(id => id == account || (KeyLocator.TryParse(id, out var locator) && locator.AccountId == account)).ToList())
        {
            var spent = KeyLocator.IsPoolId(account) ? 0 : Leases(account).Sum(lease => lease.Spent);
            That(_before[id].Used + spent == SumOf(id), $"{id}: {_before[id].Used} used and {spent} spent on leases, {SumOf(id)} in the ledger");
        }
    }

    private IEnumerable<LeaseState> Leases(string account) =>
        tables.Query(accounts, $"PartitionKey eq '{account}' and RowKey ge 'lease:' and RowKey lt 'lease;'").Select(AccountEntity.ToLease);

    private void Remember(string account)
    {
        foreach (var row in tables.Query(accounts, $"PartitionKey eq '{account}' and RowKey ge 'key:' and RowKey lt 'key;'"))
        {
            var id = row.RowKey["key:".Length..];
            var stand = StandOf(account, id)!;
            if (_before.TryGetValue(id, out var before) && before.Rate != stand.Rate)
            {
                // What was admitted under another limit, or under none, is not held against this one.
                _admissions.Remove(id);
            }

            _before[id] = stand;
        }

        if (KeyLocator.IsPoolId(account))
        {
            _before[account] = StandOf(account, account)!;
        }
    }

    private Before? StandOf(string account, string id)
    {
        if (id == account && KeyLocator.IsPoolId(account))
        {
            return tables.Find(accounts, account, AccountRowKeys.Pool) is { } row && AccountEntity.ToPool(row) is var pool
                ? new Before(pool.Balance.Used, pool.Balance.Quota, 0, false, null, pool.Status)
                : null;
        }

        return tables.Find(accounts, account, AccountRowKeys.Key(id)) is { } found && AccountEntity.ToKey(found) is var key
            ? new Before(key.Balance.Used, key.Balance.Quota, key.Balance.Leased, key.Balance.Type == QuotaType.Time, key.Settings.RateLimitPerMinute, key.Status)
            : null;
    }

    internal sealed class ChargeEntry(LedgerEntry entry, ChargeId id, DateTimeOffset at)
    {
        public LedgerEntry Entry => entry;

        public ChargeId Id => id;

        public DateTimeOffset At => at;

        /// <summary>What it came to, once it is settled.</summary>
        public long? SettledAt { get; set; }

        /// <summary>What a repetition of it gets, once it is settled.</summary>
        public Repetition? Repetition { get; set; }
    }

    private sealed record Before(long Used, long Quota, long Leased, bool IsUnlimited, int? Rate, KeyStatus Status);
}
