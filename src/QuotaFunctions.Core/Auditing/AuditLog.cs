using System.Runtime.CompilerServices;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IAuditStore log, AuditIndex index) : IAuditLog
{
    /// <summary>Charges of which the index is asked in one request at the most, where few of them are of a wanted key.</summary>
    public const int MaxListed = 50_000;

    /// <summary>Charges that are looked up together.</summary>
    private const int MaxBatch = 256;

    /// <inheritdoc/>
    public Task<AuditPage> ReadAsync(AuditQuery query, CancellationToken cancellationToken) =>
        query.KeyId is { } keyId ? ReadKeyAsync(query, keyId, cancellationToken) : ReadAllAsync(query, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<AuditRow> ReadOnAsync(AuditQuery query, AuditPage first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var page = first; ; page = await ReadAsync(query with { Cursor = page.Next }, cancellationToken))
        {
            foreach (var row in page.Rows)
            {
                yield return row;
            }

            if (page.Next is null)
            {
                yield break;
            }

            // Each time: what is set does not outlast a row that is given out
            StoragePatience.Begin();
        }
    }

    private static long SkippedBy(AuditQuery query) => (query.Page - 1L) * query.PageSize;

    private async Task<AuditPage> ReadKeyAsync(AuditQuery query, string keyId, CancellationToken cancellationToken)
    {
        var isContinued = AuditCursor.TryParse(query.Cursor, out var cursor);
        var page = new AuditPageBuilder(query, isContinued ? cursor.Skip : SkippedBy(query));
        var count = query.IsFiltered ? null : (long?)(page.Skip + query.PageSize);
        await foreach (var row in log.ReadAsync(keyId, query.From, query.To, isContinued ? cursor.After : null, count, cancellationToken))
        {
            if (!page.TryAdd(keyId, row))
            {
                return page.ToPage(new AuditCursor(page.Last.Charge.Id, Skip: 0).ToString());
            }

            if (page.IsExhausted)
            {
                return page.ToPage(new AuditCursor(row.Id, page.Skip).ToString());
            }
        }

        return page.ToPage(next: null);
    }

    private async Task<AuditPage> ReadAllAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        var isContinued = AuditIndexCursor.TryParse(query.Cursor, out var cursor);
        var page = new AuditPageBuilder(query, isContinued ? cursor.Skip : SkippedBy(query));
        var batch = new List<IndexedCharge>();
        var batchSize = Math.Min(query.PageSize + 1, MaxBatch);
        var (listed, second) = (0, 0L);
        IndexedCharge? after = isContinued ? new IndexedCharge(cursor.Ticks, cursor.KeyId, cursor.Id) : null;
        await foreach (var charge in index.ReadAsync(query.From, query.To, after, cancellationToken))
        {
            // Only between two seconds: where it stops, the cursor names no charge of a key that is not wanted.
            if (listed >= MaxListed && charge.Second != second)
            {
                return await AddAsync(page, batch, cancellationToken)
                    ?? page.ToPage(new AuditIndexCursor(IndexedCharge.StartOf(second), KeyId: "", default, page.Skip).ToString());
            }

            (listed, second) = (listed + 1, charge.Second);
            if (query.Among?.Contains(charge.KeyId) == false)
            {
                continue;
            }

            batch.Add(charge);
            if (batch.Count == batchSize)
            {
                if (await AddAsync(page, batch, cancellationToken) is { } done)
                {
                    return done;
                }

                batch.Clear();
            }
        }

        return await AddAsync(page, batch, cancellationToken) ?? page.ToPage(next: null);
    }

    /// <summary>Looks some charges up. The page where it is done with these, else null.</summary>
    private async Task<AuditPage?> AddAsync(AuditPageBuilder page, List<IndexedCharge> batch, CancellationToken cancellationToken)
    {
        var found = await log.FindAsync(batch.Select(charge => (charge.KeyId, charge.Id)), cancellationToken);
        foreach (var charge in batch)
        {
            // What is entered at two moments counts where the log has it.
            var logged = found.GetValueOrDefault((charge.KeyId, charge.Id));
            if (!page.TryAdd(charge.KeyId, logged?.Entry.At.UtcTicks == charge.Ticks ? logged : null))
            {
                var (keyId, last) = page.Last;
                return page.ToPage(new AuditIndexCursor(last.Entry.At.UtcTicks, keyId, last.Id, Skip: 0).ToString());
            }

            if (page.IsExhausted)
            {
                return page.ToPage(new AuditIndexCursor(charge.Ticks, charge.KeyId, charge.Id, page.Skip).ToString());
            }
        }

        return null;
    }
}
