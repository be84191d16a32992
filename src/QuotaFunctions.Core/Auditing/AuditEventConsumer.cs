using System.Text.Json;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditEventConsumer"/>
internal sealed class AuditEventConsumer(IAuditTable log, LedgerBooks books, IAccountStore store) : IAuditEventConsumer
{
    /// <inheritdoc/>
    public async Task ConsumeAsync(string message, CancellationToken cancellationToken)
    {
        var notes = JsonSerializer.Deserialize(message, AuditJson.Default.ListAuditNote) ?? throw new JsonException("The message is empty.");
        var events = notes.OfType<AuditEvent>().Concat(notes.OfType<CommitNote>().SelectMany(note => note.ToEvents())).ToList();
        await log.WriteAsync(events, cancellationToken);

        // First into the log, then out of the ledger. What stands wholly in this message is done with; what is spread over several,
        // the sweeper finds.
        foreach (var account in events.GroupBy(row => row.AccountId))
        {
            await books.FoldAsync(account.Key, Complete(account), cancellationToken);
        }

        foreach (var page in notes.OfType<PageNote>())
        {
            await FoldPageAsync(page, cancellationToken);
        }
    }

    private static List<AuditedCommit> Complete(IEnumerable<AuditEvent> events) =>
        [.. events.SelectMany(row => row.Ledger.Select(entry => (row.KeyId, Entry: entry)))
            .DistinctBy(item => (item.Entry.Sequence, item.Entry.Index))
            .GroupBy(item => item.Entry.Sequence)
            .Where(commit => commit.Count() == commit.First().Entry.Count)
            .Select(commit => new AuditedCommit(
                commit.Key, [.. commit.Select(item => (item.KeyId, item.Entry.Delta, item.Entry.PoolDelta))]))];

    /// <summary>A page came in parts, in messages that others may have yet.</summary>
    private async Task FoldPageAsync(PageNote page, CancellationToken cancellationToken)
    {
        if (await store.FindCommitAsync(page.AccountId, page.Sequence, orPage: false, cancellationToken) is { } row
            && (await WrittenEntries.ReadAsync(log, [row], cancellationToken)).HasAll(row))
        {
            await books.FoldAsync(page.AccountId, [AuditedCommit.Of(row)], cancellationToken);
        }
    }
}
