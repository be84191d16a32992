using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Usage;

/// <summary>Keeps refused requests.</summary>
internal interface IRefusalStore
{
    /// <summary>Writes what an instance has counted of a day: all of it, in place of what it wrote before.</summary>
    Task WriteAsync(int day, string instance, RefusedCounts counts, CancellationToken cancellationToken);

    /// <summary>Reads what instances wrote of days that are not folded, or were folded just now.</summary>
    /// <param name="isWhole">Whether the sums of days will do: all of a day is then in slot 0.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<RefusedOfInstance>> ReadOpenAsync(bool isWhole, CancellationToken cancellationToken);

    /// <summary>Reads the sums of the days that are folded.</summary>
    Task<(RefusedSums Sums, ETag? Version)> ReadSumsAsync(CancellationToken cancellationToken);

    /// <summary>Reads the days from one to another that are folded.</summary>
    /// <param name="first">The first day.</param>
    /// <param name="last">The last day.</param>
    /// <param name="isWhole">Whether their sums will do: all of a day is then in slot 0.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<(int Day, RefusedCounts Counts)> ReadDaysAsync(int first, int last, bool isWhole, CancellationToken cancellationToken);

    /// <summary>Writes a folded day and the sums that it is in: both, or neither. False where another one was faster.</summary>
    Task<bool> TryFoldAsync(int day, RefusedCounts counts, RefusedSums sums, ETag? version, CancellationToken cancellationToken);

    /// <summary>Deletes what an instance wrote of a day.</summary>
    Task DeleteAsync(RefusedOfInstance row, CancellationToken cancellationToken);
}

/// <summary>What an instance has counted of a day.</summary>
/// <param name="Day">The day (UTC), as yyyyMMdd.</param>
/// <param name="Instance">The instance.</param>
/// <param name="Counts">What it counted.</param>
internal sealed record RefusedOfInstance(int Day, string Instance, RefusedCounts Counts);

/// <summary>Refused requests in the table <c>usage</c>, in two partitions of their own.</summary>
/// <remarks>
/// <c>refused</c>: a row for each instance and day, until the day is folded. <c>refused-days</c>: a row for each folded day, and one with the
/// sums of all of them. A row that cannot be read is left out, and told in the log: it holds up no other.
/// </remarks>
internal sealed partial class RefusalTable(TableServiceClient tables, StorageNames names, ILogger<RefusalTable> logger) : IRefusalStore
{
    private const string Open = "refused";
    private const string Folded = "refused-days";
    private const string SumsRow = "refused-sums";
    private const string DayPrefix = "refused-";
    private const string Codes = "Codes";
    private const string Sums = "Sums";
    private const string Slots = "Slots";
    private const string Through = "Through";

    /// <summary>A binary property holds 64 KiB; a row 1 MiB, for Azurite of Base64.</summary>
    private const int MaxPart = 60 * 1024;
    private const int MaxParts = 12;

    private readonly TableClient _table = tables.GetTableClient(names.Usage);

    /// <summary>Filter: the folded days before a day (yyyyMMdd). Their sums stay.</summary>
    public static string DaysBefore(int day) =>
        TableClient.CreateQueryFilter($"PartitionKey eq {Folded} and RowKey ge {DayPrefix + NameOf(0)} and RowKey lt {DayPrefix + NameOf(day)}");

    /// <inheritdoc/>
    public Task WriteAsync(int day, string instance, RefusedCounts counts, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(RowOf(Open, $"{NameOf(day)}-{instance}", counts), TableUpdateMode.Replace, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedOfInstance>> ReadOpenAsync(bool isWhole, CancellationToken cancellationToken)
    {
        var rows = new List<RefusedOfInstance>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Open}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, select: PropertiesOf(isWhole), cancellationToken: cancellationToken))
        {
            var (day, instance) = (int.Parse(row.RowKey.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture), row.RowKey[9..]);
            rows.Add(new RefusedOfInstance(day, instance, Read(row, isWhole)));
        }

        return rows;
    }

    /// <inheritdoc/>
    public async Task<(RefusedSums Sums, ETag? Version)> ReadSumsAsync(CancellationToken cancellationToken)
    {
        if (await _table.FindAsync(Folded, SumsRow, select: null, logger, cancellationToken) is not { } row)
        {
            return (new RefusedSums(), null);
        }

        var sums = new RefusedSums
        {
            Through = row.GetInt32(Through) ?? 0,
            Codes = Unpack(row, Codes, RefusalJson.Default.DictionaryStringInt64),
            Keys = Unpack(row, Sums, RefusalJson.Default.DictionaryStringInt64),
        };
        return (sums, row.ETag);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(int Day, RefusedCounts Counts)> ReadDaysAsync(
        int first, int last, bool isWhole, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (DayPrefix + NameOf(first), DayPrefix + NameOf(last));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Folded} and RowKey ge {from} and RowKey le {to}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, select: PropertiesOf(isWhole), cancellationToken: cancellationToken))
        {
            yield return (UsageEntity.DayOf(row.RowKey[DayPrefix.Length..]), Read(row, isWhole));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TryFoldAsync(int day, RefusedCounts counts, RefusedSums sums, ETag? version, CancellationToken cancellationToken)
    {
        var total = new TableEntity(Folded, SumsRow) { [Through] = sums.Through };
        Pack(total, Codes, sums.Codes, RefusalJson.Default.DictionaryStringInt64);
        Pack(total, Sums, sums.Keys, RefusalJson.Default.DictionaryStringInt64);
        TableTransactionAction[] actions =
        [
            new(TableTransactionActionType.Add, RowOf(Folded, DayPrefix + NameOf(day), counts)),
            version is { } read ? new(TableTransactionActionType.UpdateReplace, total, read) : new(TableTransactionActionType.Add, total),
        ];
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken);
            return true;
        }
        catch (TableTransactionFailedException refused) when (refused.Status is 409 or 412)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(RefusedOfInstance row, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Open, $"{NameOf(row.Day)}-{row.Instance}", cancellationToken: cancellationToken);

    private static string[]? PropertiesOf(bool isWhole) => isWhole ? ["RowKey", .. PartsOf(Codes), .. PartsOf(Sums)] : null;

    private static string NameOf(int day) => UsageEntity.NameOf(day);

    private static TableEntity RowOf(string partition, string name, RefusedCounts all)
    {
        var counts = all.Limited();
        var row = new TableEntity(partition, name);
        Pack(row, Codes, counts.Codes, RefusalJson.Default.DictionaryStringInt64);
        Pack(row, Sums, counts.Sums(), RefusalJson.Default.DictionaryStringInt64);
        Pack(row, Slots, counts.Keys, RefusalJson.Default.DictionaryStringSortedDictionaryInt32Int64);
        return row;
    }

    private RefusedCounts Read(TableEntity row, bool isWhole)
    {
        try
        {
            var counts = new RefusedCounts { Codes = Unpack(row, Codes, RefusalJson.Default.DictionaryStringInt64) };
            if (!isWhole)
            {
                return new RefusedCounts { Codes = counts.Codes, Keys = Unpack(row, Slots, RefusalJson.Default.DictionaryStringSortedDictionaryInt32Int64) };
            }

            foreach (var (key, sum) in Unpack(row, Sums, RefusalJson.Default.DictionaryStringInt64))
            {
                counts.Add(key, slot: 0, sum);
            }

            return counts;
        }
        catch (Exception failure) when (failure is JsonException or InvalidDataException or InvalidOperationException)
        {
            LogUnreadable(logger, row.RowKey, failure.GetType().Name);
            return new RefusedCounts();
        }
    }

    private static void Pack<T>(TableEntity row, string name, T value, JsonTypeInfo<T> type)
    {
        using var packed = new MemoryStream();
        using (var plain = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(plain, value, type);
        }

        // What is packed is bounded, so that it always fits: even unpacked, 500 keys with all of their slots are less than a row holds
        foreach (var (part, property) in packed.ToArray().Chunk(MaxPart).Zip(PartsOf(name)))
        {
            row[property] = part;
        }
    }

    private static T Unpack<T>(TableEntity row, string name, JsonTypeInfo<T> type)
    {
        using var packed = new MemoryStream();
        foreach (var part in PartsOf(name).Select(row.GetBinary).TakeWhile(part => part is not null))
        {
            packed.Write(part);
        }

        packed.Position = 0;
        using var plain = new BrotliStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize(plain, type) ?? throw new JsonException();
    }

    private static IEnumerable<string> PartsOf(string name) => Enumerable.Range(0, MaxParts).Select(part => string.Create(CultureInfo.InvariantCulture, $"{name}{part}"));

    [LoggerMessage(2602, LogLevel.Error, "The refused requests of the row {Row} cannot be read ({Failure}); they are left out.")]
    private static partial void LogUnreadable(ILogger logger, string row, string failure);
}
