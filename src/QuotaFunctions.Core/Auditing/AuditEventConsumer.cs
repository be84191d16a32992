using System.Text.Json;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditEventConsumer"/>
internal sealed class AuditEventConsumer(IAuditStore log, LedgerCompactor compactor, AccountJobs jobs) : IAuditEventConsumer
{
    /// <inheritdoc/>
    public async Task ConsumeAsync(string message, CancellationToken cancellationToken)
    {
        var notes = JsonSerializer.Deserialize(message, AuditJson.Default.ListAuditMessage) ?? throw new JsonException("The message is empty.");
        var events = notes.OfType<AuditEvent>().Concat(notes.OfType<CommitMessage>().SelectMany(note => note.ToEvents())).ToList();
        await log.WriteAsync(events, cancellationToken);

        // First into the log, then out of the ledger. What stands wholly in this message is done with. What is spread over several, or
        // fails here, the sweeper finds: the message is not needed for it any more.
        var byAccount = events.ToLookup(row => row.AccountId);
        await jobs.ForEachAsync(
            "compact its ledger",
            byAccount.Select(account => account.Key).ToList(),
            account => account,
            (account, token) => compactor.CompactAsync(account, Complete(byAccount[account]), token),
            cancellationToken);
    }

    private static List<AuditedCommit> Complete(IEnumerable<AuditEvent> events) =>
        [.. events.SelectMany(row => row.Ledger.Select(entry => (row.KeyId, Entry: entry)))
            .DistinctBy(item => (item.Entry.Sequence, item.Entry.Index))
            .GroupBy(item => item.Entry.Sequence)
            .Where(commit => commit.Count() == commit.First().Entry.Count)
            .Select(commit => new AuditedCommit(
                commit.Key, [.. commit.Select(item => (item.KeyId, item.Entry.Delta, item.Entry.PoolDelta))]))];
}
