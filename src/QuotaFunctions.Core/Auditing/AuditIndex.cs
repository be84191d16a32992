using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// Which charges and acts were admitted in which second, over all keys: the log's own rows are by key. All is counted backwards, so that
/// ranges yield the newest first: <c>{inverted hour}</c> and <c>{inverted second}:{hash}</c>. A row names what one write told of a second.
/// </summary>
/// <remarks>
/// The hash is that of the row's content: a write that is repeated ends in the same row. What is told by several writes is in several rows;
/// who reads a second sees each charge once.
/// </remarks>
internal sealed class AuditIndex(TableServiceClient tables, StorageNames names)
{
    private const string Charges = nameof(Charges);
    private const long LastSecond = 9_999_999_999;
    private const int SecondsPerHour = 3600;

    /// <summary>Charges in a row: with the longest ids still below the service's 32,768 characters.</summary>
    private const int ChargesPerRow = 250;

    /// <summary>Rows that are read in one call. A row has some hundred charges where there is much to do.</summary>
    private const int RowsPerCall = 250;

    private readonly TableClient _table = tables.GetTableClient(names.AuditIndex);

    /// <summary>Enters what events tell of, where they say when it was admitted. May be repeated.</summary>
    public async Task AddAsync(IEnumerable<AuditEvent> events, CancellationToken cancellationToken)
    {
        var rows = events.Where(told => told.Entry.At != default)
            .Select(told => new IndexedCharge(told.Entry.At.UtcTicks, told.KeyId, told.Id))
            .Distinct()
            .GroupBy(charge => charge.Second)
            .SelectMany(second => second.Chunk(ChargesPerRow).Select(charges => ToEntity(second.Key, charges)));
        foreach (var partition in rows.GroupBy(row => row.PartitionKey))
        {
            foreach (var part in partition.Chunk(AccountTransaction.MaxRows))
            {
                await _table.SubmitTransactionAsync(
                    part.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), cancellationToken);
            }
        }
    }

    /// <summary>Reads what was admitted, the newest first, each once for each moment that it is entered at.</summary>
    /// <param name="from">The earliest moment that is wanted, or null.</param>
    /// <param name="to">The first moment that is not wanted any more, or null.</param>
    /// <param name="after">What to go on after, or null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<IndexedCharge> ReadAsync(
        DateTimeOffset? from, DateTimeOffset? to, IndexedCharge? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var newest = Math.Min((to?.UtcTicks ?? long.MaxValue) - 1, after?.Ticks ?? long.MaxValue);
        var second = new SortedSet<IndexedCharge>();
        await foreach (var row in RowsAsync(newest, from?.UtcTicks ?? 0, cancellationToken))
        {
            var charges = ToCharges(row);
            if (second.Count > 0 && charges[0].Second != second.Min.Second)
            {
                foreach (var charge in second.Where(IsWanted))
                {
                    yield return charge;
                }

                second.Clear();
            }

            second.UnionWith(charges);
        }

        foreach (var charge in second.Where(IsWanted))
        {
            yield return charge;
        }

        bool IsWanted(IndexedCharge charge) =>
            !(charge.Ticks >= to?.UtcTicks) && !(charge.Ticks < from?.UtcTicks) && !(after is { } reached && charge.CompareTo(reached) <= 0);
    }

    /// <summary>Filter: what was admitted before a moment, but for what is in the same row of hours.</summary>
    public static string Before(DateTimeOffset moment) =>
        TableClient.CreateQueryFilter($"PartitionKey gt {Partition(LastSecond - SecondOf(moment.UtcTicks))}");

    /// <summary>What is left of the hour in which the reading begins, then the hours before: each a range that storage goes straight to.</summary>
    private async IAsyncEnumerable<TableEntity> RowsAsync(long newest, long oldest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (first, last) = (LastSecond - SecondOf(newest), LastSecond - SecondOf(oldest));
        var hour = TableClient.CreateQueryFilter($"PartitionKey eq {Partition(first)} and RowKey ge {Row(first)} and RowKey lt {EndOf(last)}");
        var older = TableClient.CreateQueryFilter($"PartitionKey gt {Partition(first)} and PartitionKey le {Partition(last)} and RowKey lt {EndOf(last)}");
        foreach (var filter in first == 0 ? new[] { older } : [hour, older])
        {
            await foreach (var row in _table.QueryAsync<TableEntity>(filter, RowsPerCall, cancellationToken: cancellationToken))
            {
                yield return row;
            }
        }
    }

    private static long SecondOf(long ticks) => ticks > DateTime.MaxValue.Ticks
        ? LastSecond
        : Math.Clamp(new DateTimeOffset(ticks, TimeSpan.Zero).ToUnixTimeSeconds(), 0, LastSecond);

    private static string Partition(long inverted) => string.Create(CultureInfo.InvariantCulture, $"{inverted / SecondsPerHour:D7}");

    private static string Row(long inverted) => string.Create(CultureInfo.InvariantCulture, $"{inverted:D10}");

    // ';' is the character after ':'.
    private static string EndOf(long inverted) => Row(inverted) + ";";

    private static TableEntity ToEntity(long second, IEnumerable<IndexedCharge> charges)
    {
        var text = ToText(charges);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
        return new TableEntity(Partition(LastSecond - second), $"{Row(LastSecond - second)}:{hash}") { [Charges] = text };
    }

    /// <summary>Charges, with blanks between commits: the first of each whole, then the numbers in it of the others, as in <c>{ticks}.{key}.chg_20260302-7-0,1,2</c>.</summary>
    private static string ToText(IEnumerable<IndexedCharge> charges) => string.Join(' ', charges
        .GroupBy(charge => (charge.Ticks, charge.KeyId, charge.Id.Day, charge.Id.Sequence))
        .Select(commit => string.Join(',', commit.Skip(1).Select(charge => charge.Id.Index.ToString(CultureInfo.InvariantCulture)).Prepend(commit.First().ToString()))));

    private static List<IndexedCharge> ToCharges(TableEntity row)
    {
        var charges = new List<IndexedCharge>();
        foreach (var commit in row.GetString(Charges).Split(' '))
        {
            var parts = commit.Split(',');
            charges.Add(IndexedCharge.TryParse(parts[0], out var first) ? first : throw new FormatException("This is no charge."));
            charges.AddRange(parts.Skip(1).Select(index => first with { Id = first.Id with { Index = int.Parse(index, NumberStyles.None, CultureInfo.InvariantCulture) } }));
        }

        return charges;
    }
}
