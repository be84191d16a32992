using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>The ledger's rows.</summary>
internal static class LedgerEntity
{
    private const string CommitId = "CommitId";

    public static TableEntity Of(string accountId, LedgerRow row)
    {
        var entity = new TableEntity(accountId, AccountRowKeys.Commit(row.Sequence))
        {
            [CommitId] = row.CommitId,
            ["At"] = row.At,
            ["Owner"] = row.Owner,
        };
        if (row.WrittenAt is { } writtenAt)
        {
            entity["WrittenAt"] = writtenAt;
        }

        var (part, length) = (new List<LedgerEntry>(), 0);
        var parts = 0;
        foreach (var entry in row.Entries)
        {
            if (length + entry.MaxLength > AccountTransaction.MaxEntriesLength)
            {
                WriteEntries(entity, parts++, part);
                (part, length) = ([], 0);
            }

            part.Add(entry);
            length += entry.MaxLength;
        }

        WriteEntries(entity, parts, part);
        return entity;
    }

    public static LedgerRow ToRow(TableEntity row)
    {
        var entries = new List<LedgerEntry>();
        for (var part = 0; ReadEntries(row, part) is { } some; part++)
        {
            entries.AddRange(some);
        }

        return new LedgerRow
        {
            Sequence = AccountRowKeys.SequenceOf(row.RowKey),
            CommitId = row.GetGuid(CommitId) ?? Guid.Empty,
            At = row.GetDateTimeOffset("At") ?? default,
            Owner = row.GetString("Owner"),
            WrittenAt = row.GetDateTimeOffset("WrittenAt"),
            Entries = entries,
        };
    }

    /// <summary>Writes a part of the entries of a row: a property holds no more than <see cref="AccountTransaction.MaxEntriesLength"/>.</summary>
    public static void WriteEntries(TableEntity row, int part, IReadOnlyList<LedgerEntry> entries) =>
        row[Part(part)] = JsonSerializer.Serialize(entries, LedgerJson.Default.IReadOnlyListLedgerEntry);

    /// <summary>Reads a part of the entries of a row; null where there is none.</summary>
    public static List<LedgerEntry>? ReadEntries(TableEntity row, int part) =>
        row.GetString(Part(part)) is { } entries ? JsonSerializer.Deserialize(entries, LedgerJson.Default.ListLedgerEntry) : null;

    private static string Part(int number) => number == 0 ? "Entries" : string.Create(CultureInfo.InvariantCulture, $"Entries{number}");
}
