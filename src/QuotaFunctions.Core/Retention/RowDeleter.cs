using Azure;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Retention;

/// <summary>
/// Deletes ranges of rows, page by page, of which only the keys are read, in transactions of at most 100, with a pause after each call.
/// </summary>
internal static class RowDeleter
{
    private static readonly string[] OnlyKeys = ["PartitionKey", "RowKey"];

    /// <summary>True where a range has any row.</summary>
    public static async Task<bool> AnyAsync(TableClient table, string filter, CancellationToken cancellationToken) =>
        await table.QueryAsync<TableEntity>(filter, maxPerPage: 1, OnlyKeys, cancellationToken).AnyAsync(cancellationToken);

    /// <summary>Deletes a range. False where the budget was spent before its end: then there may be more.</summary>
    public static async Task<bool> DeleteAsync(TableClient table, string filter, StepBudget budget, CancellationToken cancellationToken)
    {
        await foreach (var page in table.QueryAsync<TableEntity>(filter, select: OnlyKeys, cancellationToken: cancellationToken).AsPages())
        {
            await budget.PauseAfterDeletionAsync(cancellationToken);

            // Of one page, so that what is in memory does not grow. The rows of a partition come one after the other.
            foreach (var rows in page.Values.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.Chunk(AccountTransaction.MaxRows)))
            {
                if (budget.IsSpent)
                {
                    return false;
                }

                await DeleteAsync(table, rows, cancellationToken);
                budget.Count(rows.Length);
                await budget.PauseAfterDeletionAsync(cancellationToken);
            }
        }

        return true;
    }

    private static async Task DeleteAsync(TableClient table, TableEntity[] rows, CancellationToken cancellationToken)
    {
        try
        {
            await table.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), cancellationToken);
        }
        catch (RequestFailedException gone) when (gone.ErrorCode == "ResourceNotFound")
        {
            // Another instance is at it, or this is the repetition of what was carried out: one by one, as deleting what is not there does no harm
            foreach (var row in rows)
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
            }
        }
    }
}
