using System.Text.Json;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Transfer;

/// <summary>A line of a file that was found good: the rows that it stands for.</summary>
/// <param name="Account">The account that they belong to; null for rows of none.</param>
/// <param name="Table">Their table.</param>
/// <param name="Rows">The rows: one, or those of a key of an earlier system.</param>
/// <param name="IsHead">True where the last of them is the account's head.</param>
/// <param name="IsEarlier">True for a key of an earlier system, whose id follows from its secret.</param>
internal sealed record ImportLine(string? Account, string Table, IReadOnlyList<TableEntity> Rows, bool IsHead, bool IsEarlier)
{
    /// <summary>Reads a line.</summary>
    public static ImportLine Of(JsonElement line, DateTimeOffset now)
    {
        if (EarlierKey.Is(line))
        {
            var (account, rows) = EarlierKey.Read(line, now);
            return new ImportLine(account, ExportFormat.Accounts, rows, IsHead: true, IsEarlier: true);
        }

        var (table, row) = RowLine.Read(line);
        return new ImportLine(RowRules.AccountOf(table, row), table, [row], RowRules.IsHead(table, row), IsEarlier: false);
    }
}
