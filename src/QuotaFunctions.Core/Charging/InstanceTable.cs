using Azure;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>The rows by which processes are known to live; their time is the service's, so that no clock of ours matters.</summary>
internal sealed class InstanceTable(TableServiceClient tables, StorageNames names)
{
    private const string Partition = "instance";

    /// <summary>The row that says when somebody looked last. No process has this name.</summary>
    private const string Look = "look";

    private readonly TableClient _table = tables.GetTableClient(names.State);

    /// <summary>Says that a process lives.</summary>
    public Task BeatAsync(string id, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(new TableEntity(Partition, id), TableUpdateMode.Replace, cancellationToken);

    /// <summary>Looks which processes live, and says that the one that looks does.</summary>
    public async Task<Fleet> LookAsync(string self, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        await foreach (var row in RowsAsync(cancellationToken))
        {
            seen[row.RowKey] = row.Timestamp ?? default;
        }

        DateTimeOffset? lastLook = seen.Remove(Look, out var look) ? look : null;
        var beats = new[] { self, Look }.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, new TableEntity(Partition, row)));
        var answer = await _table.SubmitTransactionAsync(beats, cancellationToken);
        var now = answer.GetRawResponse().Headers.Date ?? throw new FormatException("Storage does not say what time it is.");
        seen[self] = now;
        return new Fleet(now, seen, lastLook);
    }

    /// <summary>Whether another process was known to live within <see cref="Fleet.SilenceLimit"/>.</summary>
    /// <param name="self">The one that asks.</param>
    /// <param name="now">The service's time.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<bool> HasOthersAsync(string self, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await foreach (var row in RowsAsync(cancellationToken))
        {
            if (row.RowKey != self && row.RowKey != Look && (row.Timestamp ?? default) + Fleet.SilenceLimit >= now)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets a process that is long dead.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, id, ETag.All, cancellationToken);

    private AsyncPageable<TableEntity> RowsAsync(CancellationToken cancellationToken) => _table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: cancellationToken);
}
