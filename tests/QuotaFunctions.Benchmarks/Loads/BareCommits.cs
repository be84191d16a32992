using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>
/// The least that storage has to do for charges which come 64 at a time, without a service: a balance under If-Match and a row of the ledger, in one
/// transaction. With their log, for each four of them: a message to the queue and back, the log's rows, and the ledger's rows folded into a sum.
/// </summary>
/// <param name="storage">The storage's connection string.</param>
/// <param name="writers">How many commit at once, each in a partition of its own: as many as keep Azurite busy.</param>
/// <param name="withLog">Whether the log is written, too.</param>
internal sealed class BareCommits(string storage, int writers, bool withLog)
{
    private const int ChargesPerCommit = 64;
    private const int CommitsPerFold = 4;

    // What the service writes of a charge
    private static readonly string Entry = new('e', 130);
    private static readonly string LogEntry = new('l', 70);

    private readonly TableClient _accounts = new(storage, "accounts");
    private readonly TableClient _log = new(storage, "log");
    private readonly QueueClient _queue = new(storage, "events");
    private readonly Writer[] _writers = [.. Enumerable.Range(0, writers).Select(writer => new Writer(writer.ToString(CultureInfo.InvariantCulture)))];
    private Task _logged = Task.CompletedTask;

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
            if (withLog && writer.Charges >= CommitsPerFold * ChargesPerCommit)
            {
                await LogAsync(writer);
            }
        }

        return tally;
    }

    /// <summary>
    /// Lets charges come one by one at a rate: one writer commits all that have come meanwhile, as soon as it can, and their log is written beside it. The
    /// latencies are the charges', from when each came until it is in storage.
    /// </summary>
    /// <param name="duration">How long.</param>
    /// <param name="perSecond">Charges a second.</param>
    public async Task<Measurement> RunAsTheyComeAsync(TimeSpan duration, double perSecond)
    {
        var tally = new Tally();
        var start = TimeProvider.System.GetTimestamp();
        for (var committed = 0; TimeProvider.System.GetElapsedTime(start) is var elapsed && elapsed < duration;)
        {
            var charges = Math.Min((int)(elapsed.TotalSeconds * perSecond) - committed, ChargesPerCommit);
            if (charges <= 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                continue;
            }

            await CommitAsync(charges);
            elapsed = TimeProvider.System.GetElapsedTime(start);
            foreach (var charge in Enumerable.Range(committed, charges))
            {
                var latency = elapsed - TimeSpan.FromSeconds(charge / perSecond);
                tally.Add(succeeded: true, latency, latency);
            }

            committed += charges;
        }

        await _logged;
        return Measurement.Of([tally], TimeProvider.System.GetElapsedTime(start));
    }

    /// <summary>Lets one writer commit charges. Their log is written beside it, when there is enough of it.</summary>
    /// <param name="charges">How many.</param>
    public async Task CommitAsync(int charges)
    {
        await CommitAsync(_writers[0], charges);
        if (withLog && _logged.IsCompleted && _writers[0].Charges >= CommitsPerFold * ChargesPerCommit)
        {
            await _logged;
            _logged = LogAsync(_writers[0]);
        }
    }

    private async Task CommitAsync(Writer writer, int charges = ChargesPerCommit)
    {
        writer.Commits++;
        writer.Charges += charges;
        var answers = await _accounts.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateMerge, writer.Balance(), writer.Version),
            new(TableTransactionActionType.Add, writer.Row(writer.Commits, "Entries", string.Concat(Enumerable.Repeat(Entry, charges)))),
        ]);
        writer.Version = answers.Value[0].Headers.ETag!.Value;
    }

    /// <summary>Writes the log of what was committed since it was written last.</summary>
    private async Task LogAsync(Writer writer)
    {
        var commits = Enumerable.Range(writer.Logged + 1, writer.Commits - writer.Logged).ToList();
        var charges = writer.Charges;
        (writer.Logged, writer.Charges) = (writer.Commits, 0);
        await _queue.SendMessageAsync(string.Concat(Enumerable.Repeat(Entry, ChargesPerCommit)));
        var message = (await _queue.ReceiveMessageAsync()).Value;
        var partition = string.Create(CultureInfo.InvariantCulture, $"{writer.Name}:{commits[0]}");
        await _log.SubmitTransactionAsync(commits.Select(commit =>
        {
            var row = writer.Row(commit);
            row.PartitionKey = partition;
            for (var entry = 0; entry < charges / commits.Count; entry++)
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

        /// <summary>The last commit whose log is written.</summary>
        public int Logged { get; set; }

        /// <summary>Charges since then.</summary>
        public int Charges { get; set; }

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
