using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Alerting;

/// <summary>An alert as it is stored.</summary>
/// <param name="Alert">The alert.</param>
/// <param name="Version">The row's version.</param>
internal sealed record StoredAlert(Alert Alert, ETag Version);

/// <summary>The table <c>alerts</c>: the one place that makes its keys.</summary>
/// <remarks>
/// One partition, so that an alert, its place in the lists and what there is to tell change together or not at all. Its ranges:
/// <c>known:</c> each alert as it is, for ever, by its id; <c>alert:live:</c> a copy of those that are open, the newest first;
/// <c>alert:past:</c> a copy of each that was resolved, the newest first; <c>out:</c> what is to be told; <c>batch:</c> what is told together;
/// <c>mailed:</c> when there was last a mail of a rule. None but the first two lines is read as a whole, and none of those that are grows
/// with use.
/// </remarks>
internal sealed partial class AlertTable(TableServiceClient tables, StorageNames names, ILogger<AlertTable> logger)
{
    /// <summary>The partition.</summary>
    public const string Partition = "alerts";

    private const string Known = "known:";
    private const string Live = "alert:live:";
    private const string Past = "alert:past:";

    /// <summary>The property that holds what a row says.</summary>
    public const string Json = "Json";

    private readonly TableClient _table = tables.GetTableClient(names.Alerts);

    /// <summary>Filter: copies of alerts that were over before a moment.</summary>
    public static string PastBefore(DateTimeOffset moment)
    {
        var (first, end) = (Past + NewestFirstId.Inverted(moment), Past[..^1] + ";");
        return TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey gt {first} and RowKey lt {end}");
    }

    /// <summary>Reads an alert; null where there never was one of this id.</summary>
    public async Task<StoredAlert?> FindAsync(string id, CancellationToken cancellationToken) =>
        await _table.FindAsync(Partition, Known + id, select: null, logger, cancellationToken) is { } row ? new StoredAlert(ToAlert(row), row.ETag) : null;

    /// <summary>Writes an alert, its places in the lists, and what there is to tell, all or nothing. False where somebody else has changed it.</summary>
    /// <param name="before">As it was read; null where there was none.</param>
    /// <param name="after">As it is to be.</param>
    /// <param name="notices">Rows of what there is to tell.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<bool> TryWriteAsync(StoredAlert? before, Alert after, IEnumerable<TableEntity> notices, CancellationToken cancellationToken)
    {
        var row = ToRow(Known + after.Id, after);
        var actions = new List<TableTransactionAction>
        {
            before is null
                ? new TableTransactionAction(TableTransactionActionType.Add, row)
                : new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, before.Version),
        };
        var (was, place) = (before is { Alert.IsLive: true } ? PlaceOf(before.Alert) : null, after.IsLive ? PlaceOf(after) : null);
        if (was is not null && was != place)
        {
            actions.Add(new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(Partition, was), ETag.All));
        }

        if (place is not null)
        {
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpsertReplace, ToRow(place, after)));
        }

        if (after.ResolvedAt is { } resolvedAt && before?.Alert.State != AlertState.Resolved)
        {
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpsertReplace, ToRow($"{Past}{NewestFirstId.Inverted(resolvedAt)}:{after.Id}", after)));
        }

        actions.AddRange(notices.Select(notice => new TableTransactionAction(TableTransactionActionType.Add, notice)));
        return await TrySubmitAsync(actions, cancellationToken);
    }

    /// <summary>Carries out all of some actions or none. False where a row was changed by somebody else.</summary>
    public async Task<bool> TrySubmitAsync(IEnumerable<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken);
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 || refused.ErrorCode == "ResourceNotFound")
        {
            return false;
        }
    }

    /// <summary>The alerts that are not over: open, snoozed, or resolved by an admin before they were.</summary>
    public async Task<IReadOnlyList<Alert>> ReadLiveAsync(CancellationToken cancellationToken)
    {
        var alerts = new List<Alert>();
        await foreach (var row in ReadAsync(Live, after: null, pageSize: null, cancellationToken))
        {
            if (TryRead(row, AlertJson.Default.Alert) is { } alert)
            {
                alerts.Add(alert);
            }
        }

        return alerts;
    }

    /// <summary>Alerts in the order of the lists, from behind a place on, each with its own place.</summary>
    /// <param name="wantsLive">Whether those that are not over are wanted.</param>
    /// <param name="wantsPast">Whether those that are over are wanted; they come after the others.</param>
    /// <param name="after">Where to go on; null for the beginning.</param>
    /// <param name="pageSize">How many are wanted, about.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<(string Place, Alert Alert)> ReadListAsync(
        bool wantsLive, bool wantsPast, string? after, int pageSize, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string lists = "alert:";
        foreach (var range in new[] { wantsLive ? Live : null, wantsPast ? Past : null }.OfType<string>())
        {
            await foreach (var row in ReadAsync(range, after is null ? null : lists + after, pageSize, cancellationToken))
            {
                if (TryRead(row, AlertJson.Default.Alert) is { } alert)
                {
                    yield return (row.RowKey[lists.Length..], alert);
                }
            }
        }
    }

    /// <summary>The rows whose names begin with a text, in order, those behind another name only.</summary>
    public IAsyncEnumerable<TableEntity> ReadAsync(string begins, string? after, int? pageSize, CancellationToken cancellationToken)
    {
        var end = begins[..^1] + (char)(begins[^1] + 1);
        var filter = after is not null && string.CompareOrdinal(after, begins) > 0
            ? TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey gt {after} and RowKey lt {end}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey ge {begins} and RowKey lt {end}");
        return _table.QueryAsync<TableEntity>(filter, pageSize is { } size ? Math.Min(size, 1000) : null, cancellationToken: cancellationToken);
    }

    /// <summary>Understands a row among others; null for one that nobody can read, which must not hold up the others.</summary>
    public T? TryRead<T>(TableEntity row, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(row.GetString(Json), type) ?? throw new JsonException("The row is empty.");
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentNullException or InvalidOperationException)
        {
            LogUnreadable(logger, row.RowKey, unreadable.GetType().Name);
            return null;
        }
    }

    /// <summary>Reads a row by its name; null where it is not there.</summary>
    public Task<TableEntity?> FindRowAsync(string row, CancellationToken cancellationToken) =>
        _table.FindAsync(Partition, row, select: null, logger, cancellationToken);

    /// <summary>Deletes a row, where it is there.</summary>
    public Task DeleteRowAsync(string row, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, row, ETag.All, cancellationToken);

    private static string PlaceOf(Alert alert) => $"{Live}{NewestFirstId.Inverted(alert.OpenedAt)}:{alert.Id}";

    private static TableEntity ToRow(string name, Alert alert) => new(Partition, name) { [Json] = JsonSerializer.Serialize(alert, AlertJson.Default.Alert) };

    private static Alert ToAlert(TableEntity row) => JsonSerializer.Deserialize(row.GetString(Json), AlertJson.Default.Alert)!;

    [LoggerMessage(3103, LogLevel.Error, "Row {Row} of the table of alerts cannot be read ({Failure}): it is passed over.")]
    private static partial void LogUnreadable(ILogger logger, string row, string failure);
}
