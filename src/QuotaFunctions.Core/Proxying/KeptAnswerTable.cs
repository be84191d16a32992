using System.Collections.Concurrent;
using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Deletes answers that are kept for longer than they may be given again.</summary>
public interface IExpiredAnswers
{
    /// <summary>Goes through the hours that are over for long enough. May be repeated, and run on several instances at a time.</summary>
    Task DeleteAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The table of answers that are kept. A partition has those of an hour's charges, or a share of them, and the partitions are listed in the
/// table <c>state</c>: so what is too old is found without a scan.
/// </summary>
internal sealed class KeptAnswerTable(TableServiceClient tables, StorageNames names, TimeProvider clock, ILogger<KeptAnswerTable> logger) : IExpiredAnswers
{
    /// <summary>The partitions of an hour: one takes some 2,000 rows a second at the most.</summary>
    private const int Shares = 16;

    private const string HourFormat = "yyyyMMddHH";

    /// <summary>How old the entry of a partition may be when something is written there: see <see cref="WorkIndex"/>.</summary>
    private static readonly TimeSpan MarkLifetime = TimeSpan.FromMinutes(1);

    private readonly TableClient _answers = tables.GetTableClient(names.Answers);
    private readonly TableClient _state = tables.GetTableClient(names.State);
    private readonly WorkIndex _partitions = new(tables.GetTableClient(names.State), "answers");
    private readonly ConcurrentDictionary<string, long> _markedAt = [];

    /// <summary>Keeps the answer to a call.</summary>
    public async Task WriteAsync(Charge charge, KeptAnswer answer, CancellationToken cancellationToken)
    {
        var row = new TableEntity(PartitionOf(charge), NameOf(charge));
        answer.WriteTo(row);
        await EnsureListedAsync(row.PartitionKey, cancellationToken);
        await _answers.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>The answer to a call; null where it is not kept, or not any more.</summary>
    public async Task<KeptAnswer?> FindAsync(Charge charge, CancellationToken cancellationToken) =>
        await _answers.FindAsync(PartitionOf(charge), NameOf(charge), select: null, logger, cancellationToken) is { } row ? KeptAnswer.Of(row) : null;

    /// <inheritdoc/>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        var partitions = await _partitions.ReadAsync(cancellationToken);
        if (partitions.Count == 0)
        {
            return;
        }

        var now = await _state.NoteRunAsync("expired-answers", cancellationToken);
        foreach (var partition in partitions.Where(partition => EndOf(partition.Name) + MarkIndex.Lifetime < now))
        {
            if (await DeleteAsync(partition.Name, now, cancellationToken) && partition.IsSettled(now))
            {
                await _partitions.RemoveAsync(partition, cancellationToken);
            }
        }
    }

    /// <summary>Deletes what is too old in a partition. True where nothing is left.</summary>
    private async Task<bool> DeleteAsync(string partition, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var expired = new List<TableEntity>();
        var isAll = true;
        var rows = _answers.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), select: ["PartitionKey", "RowKey", "Timestamp"], cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            // By the service's clock: the hour is told by an instance, whose clock may be behind.
            if (row.Timestamp + IdempotencyRecord.Lifetime < now)
            {
                expired.Add(row);
            }
            else
            {
                isAll = false;
            }
        }

        return await ExpiredRows.TryDeleteAsync(_answers, expired, cancellationToken) && isAll;
    }

    private async Task EnsureListedAsync(string partition, CancellationToken cancellationToken)
    {
        var now = clock.GetTimestamp();
        if (_markedAt.TryGetValue(partition, out var markedAt) && clock.GetElapsedTime(markedAt, now) < MarkLifetime)
        {
            return;
        }

        await _partitions.MarkAsync(partition, cancellationToken);
        foreach (var (name, at) in _markedAt)
        {
            if (clock.GetElapsedTime(at, now) >= MarkLifetime)
            {
                _markedAt.TryRemove(name, out _);
            }
        }

        _markedAt[partition] = now;
    }

    private static string PartitionOf(Charge charge) => string.Create(
        CultureInfo.InvariantCulture, $"{charge.At.UtcDateTime.ToString(HourFormat, CultureInfo.InvariantCulture)}-{charge.Id.Sequence % Shares:D2}");

    private static string NameOf(Charge charge) => $"{charge.Key.AccountId}:{charge.Id}";

    private static DateTimeOffset EndOf(string partition) => DateTimeOffset.ParseExact(
        partition[..HourFormat.Length], HourFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal).AddHours(1);
}
