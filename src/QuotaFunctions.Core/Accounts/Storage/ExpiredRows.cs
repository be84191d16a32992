using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Deletes rows that are too old to matter, which several instances may be at.</summary>
internal static class ExpiredRows
{
    /// <summary>Deletes rows of one partition as they were read. False where one is gone or was written again: what is left is for the next time.</summary>
    public static async Task<bool> TryDeleteAsync(TableClient table, IEnumerable<TableEntity> rows, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var some in rows.Chunk(AccountTransaction.MaxRows))
            {
                await table.SubmitTransactionAsync(some.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)), cancellationToken);
            }

            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 404 or 412)
        {
            return false;
        }
    }
}
