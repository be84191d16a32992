using System.Text.Json;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditEventConsumer"/>
internal sealed class AuditEventConsumer(IAuditStore log, LedgerCompactor compactor, UsageRecount recount, AccountJobs jobs) : IAuditEventConsumer
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
            (account, token) => CompactAsync(account, byAccount[account], token),
            cancellationToken);
    }

    private async Task CompactAsync(string accountId, IEnumerable<AuditEvent> events, CancellationToken cancellationToken)
    {
        var commits = events.SelectMany(row => row.Ledger.Select(entry => (Event: row, Entry: entry)))
            .OrderByDescending(item => item.Event.Phase)
            .DistinctBy(item => (item.Entry.Sequence, item.Entry.Index))
            .GroupBy(item => item.Entry.Sequence)
            .ToList();
        var complete = commits.Where(commit => commit.Count() == commit.First().Entry.Count).Select(commit => new AuditedCommit(
            commit.Key,
            [.. commit.Select(item => UsageOfEntry.Of(item.Event.KeyId, item.Event.Id, item.Entry, item.Event.Kind, item.Event.Phase, item.Event.Entry))]))
            .ToList();
        var isAll = await compactor.CompactAsync(accountId, complete, cancellationToken) && complete.Count == commits.Count;
        if (!isAll || complete.Exists(commit => commit.Entries.Any(entry => entry.Provisional is not null)))
        {
            // Perhaps the sweeper has counted a charge already whose end is told here.
            await recount.RunAsync(accountId, cancellationToken);
        }
    }
}
