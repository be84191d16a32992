using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IAuditTable log, LedgerBooks books, IAccountStore store) : IAuditLog
{
    /// <summary>How often an account that is being charged meanwhile is added up again before the answer is given as it is.</summary>
    private const int MaxAttempts = 5;

    /// <inheritdoc/>
    public async Task<AuditPage> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        ChargeId? after = ChargeId.TryParse(query.Cursor, out var cursor) ? cursor : null;
        var skip = after is null ? (query.Page - 1L) * query.PageSize : 0;
        var rows = new List<AuditRow>(query.PageSize);
        await foreach (var row in log.ReadAsync(query.KeyId, query.From, query.To, after, cancellationToken))
        {
            if ((query.Outcome is not null && row.Entry.Outcome != query.Outcome) || skip-- > 0)
            {
                continue;
            }

            if (rows.Count == query.PageSize)
            {
                return new AuditPage(rows, rows[^1].Id);
            }

            rows.Add(row.Entry.ToRow(row.Id));
        }

        return new AuditPage(rows, Next: null);
    }

    /// <inheritdoc/>
    public async Task<Verification?> VerifyAsync(string keyId, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(keyId, out var locator))
        {
            return null;
        }

        for (var attempt = 1; ; attempt++)
        {
            if (await store.ReadAsync(locator, withPages: true, cancellationToken) is not { } start)
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
        KeyLocator locator, KeyRecord start, KeyLedger ledger, CancellationToken cancellationToken)
    {
        // What was committed after the record was read is not in its sum. A page that became a row since then is among the rows.
        var pages = start.Leases.Where(lease => !ledger.Open.Any(row => row.Sequence == lease.Sequence)).Select(lease => lease.ToRow(isOpen: true));
        var entries = ledger.Open.Concat(pages)
            .SelectMany(row => row.Entries.Select((entry, index) => (Entry: entry, Place: new LedgerPlace(row.Sequence, index), Id: entry.SettledCharge ?? row.IdOf(index))))
            .Where(item => item.Entry.KeyId == locator.KeyId && start.Covers(item.Place))
            .ToList();
        var open = entries.Select(item => item.Id).ToHashSet();
        var written = new Dictionary<ChargeId, bool>();
        var audited = 0L;
        await foreach (var row in log.ReadAsync(locator.KeyId, from: null, to: null, after: null, cancellationToken))
        {
            if (start.Covers(row.Id.Place))
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
        var sum = ledger.Folded + entries.Sum(item => item.Entry.Delta);
        var used = start.Key.Meter.Used;
        return new Verification(used == sum && used == audited + unsettled, used, sum, audited, unsettled);
    }

    private async Task<bool> IsUnchangedAsync(
        KeyLocator locator, KeyRecord start, KeyLedger ledger, CancellationToken cancellationToken) =>
        await store.ReadAsync(locator, withPages: false, cancellationToken) is { } now && now.IsSameAs(start)
        && await books.ReadFoldedVersionAsync(locator.AccountId, locator.KeyId, cancellationToken) == ledger.FoldedVersion;
}
