using System.Text.Json;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditEventConsumer"/>
internal sealed class AuditEventConsumer(IAuditTable log, LedgerBooks books) : IAuditEventConsumer
{
    /// <inheritdoc/>
    public async Task ConsumeAsync(string message, CancellationToken cancellationToken)
    {
        var events = JsonSerializer.Deserialize(message, AuditJson.Default.ListAuditEvent) ?? throw new JsonException("The message is empty.");
        await log.WriteAsync(events, cancellationToken);

        // What stands wholly in this message is done with; what is spread over several, the sweeper finds.
        foreach (var account in events.GroupBy(row => row.AccountId))
        {
            await books.FoldAsync(account.Key, Complete(account), cancellationToken);
        }
    }

    private static List<AuditedCommit> Complete(IEnumerable<AuditEvent> events) =>
        [.. events.SelectMany(row => row.Ledger.Select(entry => (row.KeyId, Entry: entry)))
            .DistinctBy(item => (item.Entry.Sequence, item.Entry.Index))
            .GroupBy(item => item.Entry.Sequence)
            .Where(commit => commit.Count() == commit.First().Entry.Count)
            .Select(commit => new AuditedCommit(
                commit.Key, [.. commit.Select(item => (item.KeyId, item.Entry.Delta, item.Entry.PoolDelta))]))];
}
