using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Alerting;

/// <summary>
/// A job did not run when it was due. It knows of those that say when they run next: <see cref="TableClientExtensions.NoteRunAsync"/> with the moment.
/// </summary>
internal sealed class OverdueJobRule(TableServiceClient tables, StorageNames names) : IAlertRule
{
    /// <summary>How late a job may be.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(30);

    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <inheritdoc/>
    public string Name => AlertRules.JobOverdue;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new List<AlertCondition>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {TableClientExtensions.JobPartition}");
        await foreach (var row in _state.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            if (row.GetDateTimeOffset(TableClientExtensions.JobDueAt) is { } due && due + Grace < now)
            {
                found.Add(new AlertCondition(
                    row.RowKey, AlertSeverity.Warning, Math.Floor((now - due).TotalHours), AlertData.Of(("due_at", due), ("last_run_at", row.Timestamp))));
            }
        }

        return found;
    }
}
