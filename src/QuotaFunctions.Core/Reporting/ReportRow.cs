using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>The rows of the table <c>reports</c>: the one place that makes their keys and reads them.</summary>
internal static class ReportRow
{
    /// <summary>The property that says under which name the report itself is kept.</summary>
    public const string Content = "Content";

    /// <summary>The property that says in how many parts.</summary>
    public const string Parts = "Parts";

    /// <summary>A binary property holds 64 KiB; a row 1 MiB, of which Azurite counts the Base64.</summary>
    private const int MaxProperty = 60 * 1024;
    private const int MaxProperties = 12;

    /// <summary>The partition of a moment's month.</summary>
    public static string PartitionOf(DateTimeOffset moment) => "month-" + NewestFirstId.Month(moment);

    /// <summary>The partition of a report's parts.</summary>
    public static string PartitionOfParts(string id) => "content-" + id;

    /// <summary>Filter: how the reports stood of the months that were over at a moment.</summary>
    public static string Before(DateTimeOffset moment) =>
        TableClient.CreateQueryFilter($"PartitionKey gt {PartitionOf(moment)} and PartitionKey le {PartitionOf(DateTimeOffset.MinValue)}");

    /// <summary>Filter: the parts of such reports, also those that a process left which died before it could say where they are.</summary>
    public static string PartsBefore(DateTimeOffset moment)
    {
        var month = new DateTimeOffset(moment.UtcDateTime.Year, moment.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
        return TableClient.CreateQueryFilter(
            $"PartitionKey gt {PartitionOfParts(NewestFirstId.Before(month))} and PartitionKey le {PartitionOfParts(NewestFirstId.Before(DateTimeOffset.MinValue))}");
    }

    /// <summary>The name of a part.</summary>
    public static string PartOf(string content, int number) => string.Create(CultureInfo.InvariantCulture, $"{content}:{number:D4}");

    /// <summary>The row that says how a report stands.</summary>
    public static TableEntity Of(StoredReport report) => new(PartitionOf(report.RequestedAt), report.Id)
    {
        [nameof(report.Status)] = report.Status.ToString(),
        [nameof(report.Request)] = JsonSerializer.Serialize(report.Request, ReportJson.Default.ReportRequest),
        [nameof(report.FinishedAt)] = report.FinishedAt,
        [nameof(report.Reason)] = report.Reason,
    };

    /// <summary>Reads what <see cref="Of"/> made.</summary>
    public static StoredReport ToReport(TableEntity row) => new(
        row.RowKey,
        Enum.Parse<ReportStatus>(row.GetString(nameof(StoredReport.Status))),
        JsonSerializer.Deserialize(row.GetString(nameof(StoredReport.Request)), ReportJson.Default.ReportRequest)!,
        NewestFirstId.At(row.RowKey),
        row.GetDateTimeOffset(nameof(StoredReport.FinishedAt)),
        row.GetString(nameof(StoredReport.Reason)));

    /// <summary>The rows of a report's parts.</summary>
    public static IEnumerable<TableEntity> Split(string id, string content, ReadOnlyMemory<byte> packed)
    {
        for (var part = 0; !packed.IsEmpty; part++)
        {
            var row = new TableEntity(PartitionOfParts(id), PartOf(content, part));
            for (var property = 0; property < MaxProperties && !packed.IsEmpty; property++)
            {
                var length = Math.Min(MaxProperty, packed.Length);
                row[PropertyOf(property)] = packed[..length].ToArray();
                packed = packed[length..];
            }

            yield return row;
        }
    }

    /// <summary>Adds a part to what was read before.</summary>
    public static void AddTo(Stream packed, TableEntity part)
    {
        for (var property = 0; part.GetBinary(PropertyOf(property)) is { } bytes; property++)
        {
            packed.Write(bytes);
        }
    }

    private static string PropertyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"Data{number}");
}
