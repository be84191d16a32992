using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>
/// Keeps ledgers short: rows that are wholly in the log are added to the sums and counts of each key and deleted, in one
/// transaction, so that sum and rows together always come to what is used. As a row can be deleted only once, it is counted exactly once.
/// The account's own row is not touched, so that charges are not disturbed.
/// </summary>
/// <remarks>
/// The sums that this process wrote last are remembered: the next compaction needs no reading then. Where another instance compacted meanwhile,
/// the version is not what it was, and the sum is read.
/// </remarks>
internal sealed class LedgerCompactor(
    TableServiceClient tables, StorageNames names, ChangedUsageIndex changed, MarkIndex marks, ILogger<LedgerCompactor> logger) : IDisposable
{
    private const string Charges = "Charges";
    private const int MaxAttempts = 4;

    /// <summary>Rows that are remembered.</summary>
    private const int MaxRemembered = 10_000;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);
    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    private enum Outcome
    {
        Done,
        Again,
        Later,
    }

    /// <inheritdoc/>
    public void Dispose() => _remembered.Dispose();

    /// <summary>
    /// Compacts commits of one account. Those that another instance compacts at the same time are left alone, and so are those of a key whose
    /// books are being added up. True where all of them were compacted by this call.
    /// </summary>
    public async Task<bool> CompactAsync(string accountId, IReadOnlyList<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        var isAll = true;
        foreach (var chunk in Chunks(accountId, commits))
        {
            var outcome = Outcome.Again;
            for (var attempt = 0; attempt < MaxAttempts && outcome == Outcome.Again; attempt++)
            {
                outcome = await TryCompactAsync(accountId, chunk, cancellationToken);
            }

            isAll &= outcome == Outcome.Done;
        }

        return isAll;
    }

    /// <summary>
    /// Counts charges anew whose ends have been told since they were counted. An end is written to the log before this is called, and a charge
    /// is counted before its end is looked for: so whoever comes last finds both.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="recount">
    /// What a charge adds to the counts now, more than it did; null where nothing has changed. And the phase that this goes by, null where no
    /// other will follow.
    /// </param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="StorageUnavailableException">Other instances were always faster.</exception>
    public async Task RecountAsync(
        string accountId, Func<ProvisionalCharge, Task<(UsageChange Change, int? CountedBy)?>> recount, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await TryRecountAsync(accountId, recount, cancellationToken))
            {
                return;
            }
        }

        throw new StorageUnavailableException("The counts are too contended.");
    }

    private async Task<bool> TryRecountAsync(
        string accountId, Func<ProvisionalCharge, Task<(UsageChange Change, int? CountedBy)?>> recount, CancellationToken cancellationToken)
    {
        var isDone = true;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.AllProvisional;
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            var left = new List<ProvisionalCharge>();
            var changes = new List<UsageChange>();
            foreach (var charge in ToProvisional(row))
            {
                var again = await recount(charge);
                if (again is { } told)
                {
                    changes.Add(told.Change);
                }

                if (again is null || again.Value.CountedBy is not null)
                {
                    left.Add(again is null ? charge : charge with { CountedBy = again.Value.CountedBy!.Value });
                }
            }

            if (changes.Count > 0)
            {
                var action = left.Count == 0
                    ? new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)
                    : new TableTransactionAction(TableTransactionActionType.UpdateReplace, Of(accountId, row.RowKey, left), row.ETag);
                var outcome = await TryWriteAsync(
                    accountId, [.. changes.Select(change => (change.KeyId, 0L, (UsageChange?)change))], [action], cancellationToken);
                isDone &= outcome == Outcome.Done;
            }
        }

        return isDone;
    }

    /// <summary>Splits commits into transactions that are not too large.</summary>
    private static IEnumerable<List<AuditedCommit>> Chunks(string accountId, IReadOnlyList<AuditedCommit> commits)
    {
        var chunk = new List<AuditedCommit>();
        var rows = new HashSet<string>();
        foreach (var commit in commits)
        {
            var needed = RowsOf(accountId, commit).ToList();
            if (chunk.Count > 0 && rows.Union(needed).Count() > AccountTransaction.MaxRows)
            {
                yield return chunk;
                chunk = [];
                rows.Clear();
            }

            chunk.Add(commit);
            rows.UnionWith(needed);
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private static IEnumerable<string> RowsOf(string accountId, AuditedCommit commit) =>
        commit.Entries.Select(entry => AccountRowKeys.Compacted(entry.KeyId))
            .Concat(commit.Entries.Select(entry => entry.Usage).OfType<UsageChange>().Select(usage => AccountRowKeys.Usage(usage.KeyId, usage.Day)))
            .Concat(ProvisionalOf(commit).Select(row => row.Name))
            .Append(AccountRowKeys.Compacted(accountId))
            .Append(AccountRowKeys.Commit(commit.Sequence));

    private static IEnumerable<(string Name, int Day, List<ProvisionalCharge> Charges)> ProvisionalOf(AuditedCommit commit) =>
        commit.Entries.Select(entry => entry.Provisional).OfType<ProvisionalCharge>().GroupBy(charge => charge.Id.Day)
            .Select(day => (AccountRowKeys.Provisional(day.Key, commit.Sequence), day.Key, day.ToList()));

    private async Task<Outcome> TryCompactAsync(string accountId, List<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        var entries = commits.SelectMany(commit => commit.Entries).ToList();
        var changes = entries.Where(entry => !KeyLocator.IsPoolId(entry.KeyId)).Select(entry => (entry.KeyId, entry.Delta, entry.Usage)).ToList();
        if (KeyLocator.IsPoolId(accountId))
        {
            changes.Add((accountId, entries.Sum(entry => entry.PoolDelta), null));
        }

        var actions = new List<TableTransactionAction>();
        foreach (var (name, day, charges) in commits.SelectMany(ProvisionalOf))
        {
            await marks.MarkAsync(day, accountId, cancellationToken);
            actions.Add(new TableTransactionAction(TableTransactionActionType.Add, Of(accountId, name, charges)));
        }

        actions.AddRange(commits.Select(commit => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(accountId, AccountRowKeys.Commit(commit.Sequence)), ETag.All)));
        return await TryWriteAsync(accountId, changes, actions, cancellationToken);
    }

    /// <summary>Adds changes to the sums and days of keys, in one transaction with other actions.</summary>
    private async Task<Outcome> TryWriteAsync(
        string accountId, List<(string KeyId, long Delta, UsageChange? Usage)> changes, List<TableTransactionAction> others, CancellationToken cancellationToken)
    {
        if (await AddUpAsync(accountId, changes, cancellationToken) is not { } rows)
        {
            return Outcome.Later;
        }

        var days = rows.OfType<KeyDay>().Select(row => (row.KeyId, row.Day)).ToList();
        await changed.EnsureAsync(days, cancellationToken);
        var actions = rows.Select(row => row.Version is { } version
            ? new TableTransactionAction(TableTransactionActionType.UpdateMerge, row.ToEntity(accountId), version)
            : new TableTransactionAction(TableTransactionActionType.Add, row.ToEntity(accountId))).Concat(others).ToList();
        try
        {
            var answers = (await _table.SubmitTransactionAsync(actions, cancellationToken)).Value;
            for (var i = 0; i < rows.Count; i++)
            {
                Remember(rows[i], answers[i].Headers.ETag);
            }

            await changed.EnsureAsync(days, cancellationToken);
            return Outcome.Done;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 || refused.ErrorCode == TableErrorCode.ResourceNotFound)
        {
            // A row that is gone: another instance, or an earlier try, has compacted it. The sweeper does what is left.
            foreach (var row in rows)
            {
                _remembered.Remove(row.Name);
            }

            return refused.Status == 404 ? Outcome.Later : Outcome.Again;
        }
    }

    /// <summary>The rows of sums and days, with the changes added; null where the books of one of the keys are just being added up.</summary>
    private async Task<IReadOnlyList<ISumRow>?> AddUpAsync(
        string accountId, List<(string KeyId, long Delta, UsageChange? Usage)> changes, CancellationToken cancellationToken)
    {
        var sums = changes.GroupBy(change => change.KeyId).Select(async key =>
        {
            var before = await RecallAsync(accountId, key.Key, cancellationToken);
            return (ISumRow?)before?.Plus(key.Sum(change => change.Delta), key.Select(change => change.Usage?.Sum).OfType<UsageSum>());
        });
        var days = changes.Select(change => change.Usage).OfType<UsageChange>().GroupBy(usage => (usage.KeyId, usage.Day)).Select(async day =>
        {
            return (ISumRow?)(await RecallAsync(accountId, day.Key.KeyId, day.Key.Day, [.. day.Select(usage => usage.Slot).Distinct()], cancellationToken)).Plus(day);
        });
        var rows = await Task.WhenAll(sums.Concat(days));
        return Array.TrueForAll(rows, row => row is not null) ? [.. rows.OfType<ISumRow>()] : null;
    }

    private static TableEntity Of(string accountId, string name, IEnumerable<ProvisionalCharge> charges) => new(accountId, name)
    {
        [Charges] = string.Join(' ', charges.Select(charge => $"{charge.KeyId}:{charge.Id}:{charge.CountedBy}")),
    };

    private static IEnumerable<ProvisionalCharge> ToProvisional(TableEntity row) =>
        row.GetString(Charges).Split(' ').Select(text => text.Split(':')).Select(parts => new ProvisionalCharge(
            parts[0],
            ChargeId.TryParse(parts[1], out var id) ? id : throw new FormatException("The charge has no id."),
            int.Parse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture)));

    /// <summary>A key's sum as this process left it, or else as it is stored; null while it is paused.</summary>
    private async Task<KeySum?> RecallAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        var name = AccountRowKeys.Compacted(keyId);
        if (_remembered.TryGetValue(name, out KeySum? known))
        {
            return known;
        }

        var found = await _table.ReadAsync(accountId, name, select: null, logger, cancellationToken);
        return CompactionPause.IsPaused(found) ? null : KeySum.Of(keyId, found.HasValue ? found.Value : null);
    }

    /// <summary>A key's day, with some of its slots, as this process left it, or else as it is stored.</summary>
    private async Task<KeyDay> RecallAsync(string accountId, string keyId, int day, List<int> slots, CancellationToken cancellationToken)
    {
        var name = AccountRowKeys.Usage(keyId, day);
        return _remembered.TryGetValue(name, out KeyDay? known) && slots.TrueForAll(known!.Slots.ContainsKey)
            ? known
            : KeyDay.Of(keyId, day, await _table.FindAsync(accountId, name, KeyDay.Properties(slots), logger, cancellationToken));
    }

    private void Remember(ISumRow row, ETag? version)
    {
        if (version is { } written)
        {
            _remembered.Set(row.Name, row.With(written), new MemoryCacheEntryOptions { Size = 1 });
        }
        else
        {
            _remembered.Remove(row.Name);
        }
    }
}
