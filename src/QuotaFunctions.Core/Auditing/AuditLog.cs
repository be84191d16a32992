using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IAuditStore log, LedgerCompactor books, IAccountStore store) : IAuditLog
{
    /// <summary>How often an account that is being charged meanwhile is added up again before the answer is given as it is.</summary>
    private const int MaxAttempts = 5;

    /// <summary>Entries that one request looks at: some hundred milliseconds, however long the log is.</summary>
    public const int MaxScanned = 5_000;

    /// <inheritdoc/>
    public async Task<AuditPage> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        var isContinued = AuditCursor.TryParse(query.Cursor, out var cursor);
        var skip = isContinued ? cursor.Skip : (query.Page - 1L) * query.PageSize;
        var rows = new List<AuditRow>();
        var scanned = 0;
        await foreach (var row in log.ReadAsync(query.KeyId, query.From, query.To, isContinued ? cursor.After : null, cancellationToken))
        {
            if (!IsWanted(row.Entry, query))
            {
                // But it counts as looked at.
            }
            else if (skip > 0)
            {
                skip--;
            }
            else if (rows.Count == query.PageSize)
            {
                return new AuditPage(rows, rows[^1].Id);
            }
            else
            {
                rows.Add(row.Entry.ToRow(row.Id));
            }

            if (++scanned == MaxScanned)
            {
                return new AuditPage(rows, new AuditCursor(row.Id, skip).ToString());
            }
        }

        return new AuditPage(rows, Next: null);
    }

    private static bool IsWanted(AuditEntry entry, AuditQuery query) =>
        !(entry.At >= query.To) && !(entry.At < query.From) && (query.Outcome is null || entry.Outcome == query.Outcome);

    /// <inheritdoc/>
    public async Task<Verification?> VerifyAsync(string keyId, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(keyId, out var locator))
        {
            return null;
        }

        for (var attempt = 1; ; attempt++)
        {
            if (await store.ReadAsync(locator, isConsistent: true, cancellationToken) is not { } start)
            {
                return null;
            }

            var ledger = await books.ReadAsync(locator.AccountId, keyId, cancellationToken);
            var result = await AddUpAsync(locator, start, ledger, cancellationToken);
            if (result.Balanced || attempt == MaxAttempts || await IsUnchangedAsync(locator, start, ledger, cancellationToken))
            {
                return result;
            }
        }
    }

    private async Task<Verification> AddUpAsync(
        KeyLocator locator, AccountSnapshot start, KeyLedger ledger, CancellationToken cancellationToken)
    {
        // What was committed after the record was read is not in its sum.
        var entries = ledger.Open.Where(row => start.Covers(row.Sequence))
            .SelectMany(row => row.Entries.Select((entry, index) => (Entry: entry, Id: entry.SettledCharge ?? row.IdOf(index))))
            .Where(item => item.Entry.KeyId == locator.KeyId)
            .ToList();
        var open = entries.Select(item => item.Id).ToHashSet();
        var written = new Dictionary<ChargeId, bool>();
        var audited = 0L;
        await foreach (var row in log.ReadAsync(locator.KeyId, from: null, to: null, after: null, cancellationToken))
        {
            if (start.Covers(row.Id.Sequence))
            {
                audited += row.Entry.Cost;
                if (open.Contains(row.Id))
                {
                    written[row.Id] = row.IsFinal;
                }
            }
        }

        // A correction is in the log only with the last word on its charge.
        var unsettled = entries
            .Where(item => !written.TryGetValue(item.Id, out var isFinal) || (item.Entry.Kind == LedgerEntryKind.Settle && !isFinal))
            .Sum(item => item.Entry.Delta);
        var sum = ledger.Compacted + entries.Sum(item => item.Entry.Delta);
        var used = start.Key.Balance.Used;
        return new Verification(used == sum && used == audited + unsettled, used, sum, audited, unsettled);
    }

    private async Task<bool> IsUnchangedAsync(
        KeyLocator locator, AccountSnapshot start, KeyLedger ledger, CancellationToken cancellationToken) =>
        await store.ReadAsync(locator, isConsistent: false, cancellationToken) is { } now && now.IsSameAs(start)
        && await books.ReadCompactedVersionAsync(locator.AccountId, locator.KeyId, cancellationToken) == ledger.CompactedVersion;
}
