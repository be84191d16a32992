using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>
/// The least that storage has to do for charges which come 64 at a time, without a service: a balance under If-Match and a row of the ledger, in one
/// transaction. With their log, for each four of them: a message to the queue and back, the log's rows, and the ledger's rows folded into a sum.
/// </summary>
/// <param name="azurite">The storage.</param>
/// <param name="writers">How many commit at once, each in a partition of its own: as many as keep Azurite busy.</param>
/// <param name="withLog">Whether the log is written, too.</param>
internal sealed class BareCommits(AzuriteProcess azurite, int writers, bool withLog)
{
    private const int ChargesPerCommit = 64;
    private const int CommitsPerFold = 4;

    // What the service writes of a charge
    private static readonly string Entry = new('e', 130);
    private static readonly string LogEntry = new('l', 200);

    private readonly TableClient _accounts = new(azurite.ConnectionString, "accounts");
    private readonly TableClient _log = new(azurite.ConnectionString, "log");
    private readonly QueueClient _queue = new(azurite.ConnectionString, "events");
    private readonly Writer[] _writers = [.. Enumerable.Range(0, writers).Select(writer => new Writer(writer.ToString(CultureInfo.InvariantCulture)))];

    public async Task PrepareAsync()
    {
        await _accounts.CreateAsync();
        await _log.CreateAsync();
        await _queue.CreateAsync();
        foreach (var writer in _writers)
        {
            writer.Version = (await _accounts.AddEntityAsync(writer.Balance())).Headers.ETag!.Value;
        }
    }

    /// <summary>Lets them commit for a while. What is counted are charges; the latencies are those of the commits.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="rate">Charges a second; null for as many as there can be.</param>
    public async Task<Measurement> RunAsync(TimeSpan duration, double? rate)
    {
        var start = TimeProvider.System.GetTimestamp();
        var tallies = await Task.WhenAll(_writers.Select(writer => Task.Run(() => RunAsync(writer, start, duration, rate / ChargesPerCommit / writers))));
        var commits = Measurement.Of(tallies, TimeProvider.System.GetElapsedTime(start));
        return commits with { Succeeded = commits.Succeeded * ChargesPerCommit };
    }

    private async Task<Tally> RunAsync(Writer writer, long start, TimeSpan duration, double? commitsPerSecond)
    {
        var tally = new Tally();
        for (var count = 0; TimeProvider.System.GetElapsedTime(start) < duration; count++)
        {
            if (commitsPerSecond is { } rate && TimeSpan.FromSeconds(count / rate) - TimeProvider.System.GetElapsedTime(start) is var early && early > TimeSpan.Zero)
            {
                await Task.Delay(early, TimeProvider.System);
            }

            var sent = TimeProvider.System.GetTimestamp();
            await CommitAsync(writer);
            var latency = TimeProvider.System.GetElapsedTime(sent);
            tally.Add(succeeded: true, latency, latency);
            if (withLog && writer.Commits % CommitsPerFold == 0)
            {
                await LogAsync(writer);
            }
        }

        return tally;
    }

    private async Task CommitAsync(Writer writer)
    {
        writer.Commits++;
        var answers = await _accounts.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateMerge, writer.Balance(), writer.Version),
            new(TableTransactionActionType.Add, writer.Row(writer.Commits, "Entries", string.Concat(Enumerable.Repeat(Entry, ChargesPerCommit)))),
        ]);
        writer.Version = answers.Value[0].Headers.ETag!.Value;
    }

    private async Task LogAsync(Writer writer)
    {
        var commits = Enumerable.Range(writer.Commits - CommitsPerFold + 1, CommitsPerFold).ToList();
        await _queue.SendMessageAsync(string.Concat(Enumerable.Repeat(Entry, ChargesPerCommit)));
        var message = (await _queue.ReceiveMessageAsync()).Value;
        await _log.SubmitTransactionAsync(commits.Select(commit =>
        {
            var row = writer.Row(commit, "Final0", LogEntry);
            for (var entry = 1; entry < ChargesPerCommit; entry++)
            {
                row[string.Create(CultureInfo.InvariantCulture, $"Final{entry}")] = LogEntry;
            }

            return new TableTransactionAction(TableTransactionActionType.UpsertMerge, row);
        }));
        await _accounts.SubmitTransactionAsync(commits
            .Select(commit => new TableTransactionAction(TableTransactionActionType.Delete, writer.Row(commit), ETag.All))
            .Prepend(new(TableTransactionActionType.UpsertMerge, new TableEntity(writer.Name, "sum") { ["Used"] = (long)writer.Commits * ChargesPerCommit })));
        await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
    }

    private sealed class Writer(string name)
    {
        public string Name => name;

        public int Commits { get; set; }

        public ETag Version { get; set; }

        public TableEntity Balance() => new(name, "balance") { ["Used"] = (long)Commits * ChargesPerCommit, ["CommitId"] = Guid.NewGuid(), ["At"] = TimeProvider.System.GetUtcNow() };

        public TableEntity Row(int commit, string? property = null, string? text = null)
        {
            var row = new TableEntity(name, commit.ToString("D19", CultureInfo.InvariantCulture));
            if (property is not null)
            {
                row[property] = text;
            }

            return row;
        }
    }
}
