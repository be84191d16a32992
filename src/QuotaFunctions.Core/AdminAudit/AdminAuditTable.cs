using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.AdminAudit;

/// <inheritdoc cref="IAdminAudit"/>
/// <remarks>
/// A row for each action. Only the process that began it writes it, one write after the other and each without a condition, so that a write
/// that storage repeats does no harm.
/// </remarks>
internal sealed class AdminAuditTable(TableServiceClient tables, StorageNames names, TimeProvider clock) : IAdminAudit
{
    /// <summary>The most rows that one reading looks at.</summary>
    public const int MaxRowsRead = 2000;

    private const int MaxPageSize = 1000;

    /// <summary>Clocks differ: the newest action may be of another instance's clock, and so of the next month already.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private readonly TableClient _table = tables.GetTableClient(names.AdminAudit);

    /// <summary>Filter: the months that were over at a moment.</summary>
    public static string Before(DateTimeOffset moment) => TableClient.CreateQueryFilter($"PartitionKey gt {NewestFirstId.Month(moment)}");

    /// <inheritdoc/>
    public async Task<string> BeginAsync(AdminAction action, CancellationToken cancellationToken)
    {
        var id = NewestFirstId.New(action.At);
        var row = new TableEntity(NewestFirstId.Month(action.At), id)
        {
            [nameof(action.Actor)] = action.Actor,
            [nameof(action.Address)] = action.Address,
            [nameof(action.RequestId)] = action.RequestId,
            [nameof(action.Method)] = action.Method,
            [nameof(action.Route)] = action.Route,
            [nameof(action.Target)] = action.Target,
            [nameof(action.Before)] = action.Before,
        };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
        return id;
    }

    /// <inheritdoc/>
    public Task EndAsync(string id, string? target, AdminOutcome outcome, CancellationToken cancellationToken)
    {
        var row = new TableEntity(NewestFirstId.Month(NewestFirstId.At(id)), id)
        {
            [nameof(outcome.Status)] = outcome.Status,
            [nameof(outcome.Code)] = outcome.Code,
            [nameof(AdminAction.Target)] = target,
            [nameof(outcome.After)] = outcome.After,
        };
        return _table.UpsertEntityAsync(row, TableUpdateMode.Merge, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<AdminAuditPage> ReadAsync(AdminAuditQuery query, CancellationToken cancellationToken)
    {
        var actions = new List<RecordedAction>();
        var read = 0;
        string? last = null;
        await foreach (var row in RowsAsync(query, cancellationToken))
        {
            var action = ToAction(row);
            if (action.Action.At < query.From)
            {
                break;
            }

            if (actions.Count == query.Limit || read == MaxRowsRead)
            {
                return new AdminAuditPage(actions, last);
            }

            read++;
            last = action.Id;
            if (Fits(action.Action, query))
            {
                actions.Add(action);
            }
        }

        return new AdminAuditPage(actions, Next: null);
    }

    /// <summary>What is left of the month in which the reading begins, then the months before: each a range that storage goes straight to.</summary>
    private async IAsyncEnumerable<TableEntity> RowsAsync(
        AdminAuditQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = query.To is { } to && to < clock.GetUtcNow() + ClockSkew ? to : clock.GetUtcNow() + ClockSkew;
        var after = NewestFirstId.Before(start);
        if (query.Cursor is { } cursor && string.CompareOrdinal(cursor, after) > 0)
        {
            (start, after) = (NewestFirstId.At(cursor), cursor);
        }

        var month = NewestFirstId.Month(start);
        var oldest = NewestFirstId.Month(query.From ?? DateTimeOffset.MinValue);
        var pageSize = query.Actor is null && query.Target is null ? Math.Min(query.Limit + 1, MaxPageSize) : MaxPageSize;
        foreach (var filter in new[]
        {
            TableClient.CreateQueryFilter($"PartitionKey eq {month} and RowKey gt {after}"),
            TableClient.CreateQueryFilter($"PartitionKey gt {month} and PartitionKey le {oldest}"),
        })
        {
            await foreach (var row in _table.QueryAsync<TableEntity>(filter, pageSize, cancellationToken: cancellationToken))
            {
                yield return row;
            }
        }
    }

    private static bool Fits(AdminAction action, AdminAuditQuery query) =>
        (query.Actor is null || action.Actor == query.Actor) && (query.Target is null || action.Target == query.Target);

    private static RecordedAction ToAction(TableEntity row)
    {
        var action = new AdminAction
        {
            At = NewestFirstId.At(row.RowKey),
            Actor = row.GetString(nameof(AdminAction.Actor)) ?? "",
            Address = row.GetString(nameof(AdminAction.Address)),
            RequestId = row.GetString(nameof(AdminAction.RequestId)) ?? "",
            Method = row.GetString(nameof(AdminAction.Method)) ?? "",
            Route = row.GetString(nameof(AdminAction.Route)) ?? "",
            Target = row.GetString(nameof(AdminAction.Target)),
            Before = row.GetString(nameof(AdminAction.Before)),
        };
        var outcome = row.GetInt32(nameof(AdminOutcome.Status)) is { } status
            ? new AdminOutcome(status, row.GetString(nameof(AdminOutcome.Code)), row.GetString(nameof(AdminOutcome.After)))
            : null;
        return new RecordedAction(row.RowKey, action, outcome);
    }
}
