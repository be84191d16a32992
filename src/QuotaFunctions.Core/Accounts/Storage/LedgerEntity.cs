using System.Text.Json;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>The ledger's rows.</summary>
internal static class LedgerEntity
{
    private const string CommitId = "CommitId";
    private const string At = "At";
    private const string Owner = "Owner";
    private const string Entries = "Entries";

    public static TableEntity Of(string accountId, LedgerRow row) => new(accountId, AccountRowKeys.Commit(row.Sequence))
    {
        [CommitId] = row.CommitId,
        [At] = row.At,
        [Owner] = row.Owner,
        [Entries] = JsonSerializer.Serialize(row.Entries, LedgerJson.Default.IReadOnlyListLedgerEntry),
    };

    public static LedgerRow ToRow(TableEntity row) => new()
    {
        Sequence = AccountRowKeys.SequenceOf(row.RowKey),
        CommitId = row.GetGuid(CommitId) ?? Guid.Empty,
        At = row.GetDateTimeOffset(At) ?? default,
        Owner = row.GetString(Owner),
        Entries = JsonSerializer.Deserialize(row.GetString(Entries), LedgerJson.Default.ListLedgerEntry) ?? [],
    };
}
