using System.Collections.Concurrent;
using System.Text.Json;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditEventConsumer"/>
internal sealed class AuditEventConsumer(IAuditStore log, LedgerCompactor compactor, UsageRecount recount, AccountJobs jobs) : IAuditEventConsumer
{
    /// <inheritdoc/>
    public async Task ConsumeAsync(string message, CancellationToken cancellationToken)
    {
        var notes = JsonSerializer.Deserialize(PackedText.Unpack(message).Span, AuditJson.Default.ListAuditMessage) ?? throw new JsonException("The message is empty.");
        var events = notes.OfType<AuditEvent>().Concat(notes.OfType<CommitMessage>().SelectMany(note => note.ToEvents())).ToList();
        await log.WriteAsync(events, cancellationToken);

        // First into the log, then out of the ledger. What stands wholly in this message is done with. What is spread over several, or
        // fails here, the sweeper finds: the message is not needed for it any more.
        var byAccount = events.ToLookup(row => row.AccountId);
        var open = new ConcurrentDictionary<string, bool>(byAccount.Select(account => KeyValuePair.Create(account.Key, true)));
        await jobs.ForEachAsync(
            "compact its ledger",
            byAccount.Select(account => account.Key).ToList(),
            account => account,
            async (account, token) =>
            {
                if (await TryCompactAsync(account, byAccount[account], token))
                {
                    open.TryRemove(account, out _);
                }
            },
            cancellationToken);

        // Perhaps the sweeper has counted a charge already whose end is told here. Only this message knows: where it fails, it comes again.
        if (await jobs.ForEachAsync("count charges anew", open.Keys.ToList(), account => account, recount.RunAsync, cancellationToken) > 0)
        {
            throw new StorageUnavailableException("Charges could not be counted anew.");
        }
    }

    /// <summary>Compacts what stands wholly in a message. True where that is all of it, and nothing has to be counted anew.</summary>
    private async Task<bool> TryCompactAsync(string accountId, IEnumerable<AuditEvent> events, CancellationToken cancellationToken)
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
        return isAll && !complete.Exists(commit => commit.Entries.Any(entry => entry.Provisional is not null));
    }
}
