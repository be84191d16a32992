using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>An entry of a <see cref="WorkIndex"/>.</summary>
/// <param name="Name">What has work to do.</param>
/// <param name="Version">The entry's version: every new mark changes it.</param>
/// <param name="MarkedAt">When it was marked last, by the service's clock.</param>
internal sealed record WorkMark(string Name, ETag Version, DateTimeOffset MarkedAt)
{
    /// <summary>
    /// How old a mark must be before it may be removed: longer than a mark may be when a write begins (a minute), and that write may take.
    /// </summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromMinutes(3);

    /// <summary>True where the writer that made the mark has written what it is for, or never will.</summary>
    public bool IsSettled(DateTimeOffset now) => MarkedAt + MinAge < now;
}

/// <summary>
/// A partition of the table <c>state</c> that lists what has work to do, so that no job scans a table that grows with use. A writer
/// that makes work marks it before; the job removes the mark once there is no work left.
/// </summary>
/// <remarks>
/// Why no work is ever left without a mark. A mark is removed only on condition that it is still the one that was read before the work
/// was looked for, and only where it was older than <see cref="WorkMark.MinAge"/> when it was read. Work is written within a minute after
/// its mark, and the write is over well within <see cref="WorkMark.MinAge"/>. So work that this mark was made for was there before the
/// job looked, and the job saw it. Work that came later has a later mark: it changed the entry's version, so that the entry is not
/// removed, or it made the entry anew.
/// </remarks>
internal sealed class WorkIndex(TableClient table, string partition)
{
    /// <summary>Says that there will be work.</summary>
    public Task MarkAsync(string name, CancellationToken cancellationToken) =>
        table.UpsertEntityAsync(new TableEntity(partition, name), TableUpdateMode.Replace, cancellationToken);

    /// <summary>Reads all marks.</summary>
    public async Task<IReadOnlyList<WorkMark>> ReadAsync(CancellationToken cancellationToken)
    {
        var marks = new List<WorkMark>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            marks.Add(new WorkMark(row.RowKey, row.ETag, row.Timestamp ?? default));
        }

        return marks;
    }

    /// <summary>Removes a mark, unless it was made again since it was read.</summary>
    public async Task RemoveAsync(WorkMark mark, CancellationToken cancellationToken)
    {
        try
        {
            await table.DeleteEntityAsync(partition, mark.Name, mark.Version, cancellationToken);
        }
        catch (RequestFailedException refused) when (refused.Status == 412)
        {
            // There will be more work.
        }
    }
}
