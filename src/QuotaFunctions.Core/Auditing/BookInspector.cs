using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IBookInspector"/>
/// <remarks>Rows of the table <c>state</c>: where the turn has come to, and each key whose books do not balance, until they do.</remarks>
internal sealed partial class BookInspector(
    TableServiceClient tables, StorageNames names, IBookVerifier verifier, AccountJobs jobs, ILogger<BookInspector> logger) : IBookInspector
{
    /// <summary>Keys that are looked at in one turn.</summary>
    public const int KeysPerTurn = 20;

    private const string Turn = "turn";
    private const string Partition = "books";
    private const string Last = "Last";
    private const string Units = "Units";

    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <inheritdoc/>
    public async Task InspectAsync(IReadOnlyList<string> keyIds, CancellationToken cancellationToken)
    {
        if (keyIds.Count == 0)
        {
            return;
        }

        var row = await _state.FindAsync(Partition, Turn, select: null, logger, cancellationToken);
        var last = row?.GetString(Last) ?? "";
        var order = keyIds.Order(StringComparer.Ordinal).ToList();
        var next = order.Where(id => string.CompareOrdinal(id, last) > 0).Concat(order).Distinct().Take(KeysPerTurn).ToList();
        await jobs.ForEachAsync("add its books up", next, id => id, InspectAsync, cancellationToken);
        await _state.UpsertEntityAsync(new TableEntity(Partition, Turn) { [Last] = next[^1] }, TableUpdateMode.Replace, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<long?> ReadImbalanceAsync(CancellationToken cancellationToken)
    {
        var wasInspected = false;
        var sum = 0L;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition}");
        await foreach (var row in _state.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            wasInspected = true;
            sum += row.GetInt64(Units) ?? 0;
        }

        return wasInspected ? sum : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Imbalance>> ReadUnbalancedAsync(CancellationToken cancellationToken)
    {
        var found = new List<Imbalance>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition}");
        await foreach (var row in _state.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            if (row.GetInt64(Units) is { } units)
            {
                found.Add(new Imbalance(row.RowKey, units));
            }
        }

        return found;
    }

    private async Task InspectAsync(string keyId, CancellationToken cancellationToken)
    {
        if (await verifier.VerifyAsync(keyId, isDeep: false, cancellationToken) is not { Balanced: false } books)
        {
            // Deleting what is not there does no harm.
            await _state.DeleteEntityAsync(Partition, keyId, cancellationToken: cancellationToken);
            return;
        }

        var units = Math.Max(Math.Abs(books.Used - books.Ledger), Math.Abs(books.Used - books.Audited - books.Unsettled));
        LogImbalance(logger, keyId, books.Used, books.Ledger, books.Audited, books.Unsettled);
        await _state.UpsertEntityAsync(new TableEntity(Partition, keyId) { [Units] = Math.Max(1, units) }, TableUpdateMode.Replace, cancellationToken);
    }

    [LoggerMessage(2701, LogLevel.Error, "The books of {KeyId} do not balance: {Used} used, {Ledger} in the ledger, {Audited} in the log, {Unsettled} unsettled.")]
    private static partial void LogImbalance(ILogger logger, string keyId, long used, long ledger, long audited, long unsettled);
}
