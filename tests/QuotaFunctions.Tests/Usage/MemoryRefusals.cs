using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Usage;

/// <summary>Refused requests in memory, as the table keeps them. Its process can be killed at any of its writes.</summary>
internal sealed class MemoryRefusals : IRefusalStore
{
    private readonly SortedDictionary<(int Day, string Instance), RefusedCounts> _open = [];
    private readonly SortedDictionary<int, RefusedCounts> _days = [];
    private RefusedSums _sums = new();
    private int _version;
    private int _writes;

    /// <summary>The write at which the process is killed, counted from 1; 0 for none.</summary>
    public int KilledAt { get; set; }

    /// <summary>Whether that write is carried out all the same.</summary>
    public bool IsCarriedOut { get; set; }

    public int Writes => _writes;

    public IEnumerable<(int Day, string Instance)> Open => _open.Keys;

    public IEnumerable<int> Days => _days.Keys;

    public Task WriteAsync(int day, string instance, RefusedCounts counts, CancellationToken cancellationToken) =>
        ChangeAsync(() => _open[(day, instance)] = counts.Limited());

    public Task<IReadOnlyList<RefusedOfInstance>> ReadOpenAsync(bool isWhole, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RefusedOfInstance>>([.. _open.Select(row => new RefusedOfInstance(row.Key.Day, row.Key.Instance, Read(row.Value, isWhole)))]);

    public Task<(RefusedSums Sums, ETag? Version)> ReadSumsAsync(CancellationToken cancellationToken) =>
        Task.FromResult((_sums, _version == 0 ? (ETag?)null : new ETag(_version.ToString(CultureInfo.InvariantCulture))));

    public async IAsyncEnumerable<(int Day, RefusedCounts Counts)> ReadDaysAsync(
        int first, int last, bool isWhole, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (day, counts) in _days.Where(day => day.Key >= first && day.Key <= last))
        {
            await Task.Yield();
            yield return (day, Read(counts, isWhole));
        }
    }

    public async Task<bool> TryFoldAsync(int day, RefusedCounts counts, RefusedSums sums, ETag? version, CancellationToken cancellationToken)
    {
        if (_days.ContainsKey(day) || version?.ToString() != (_version == 0 ? null : _version.ToString(CultureInfo.InvariantCulture)))
        {
            return false;
        }

        await ChangeAsync(() => (_days[day], _sums, _version) = (counts.Limited(), sums, _version + 1));
        return true;
    }

    public Task DeleteAsync(RefusedOfInstance row, CancellationToken cancellationToken) => ChangeAsync(() => _open.Remove((row.Day, row.Instance)));

    private static RefusedCounts Read(RefusedCounts counts, bool isWhole)
    {
        var read = new RefusedCounts { Codes = counts.Codes };
        foreach (var (key, slots) in counts.Keys)
        {
            foreach (var (slot, count) in slots)
            {
                read.Add(key, isWhole ? 0 : slot, count);
            }
        }

        return read;
    }

    private Task ChangeAsync(Action change)
    {
        if (++_writes != KilledAt)
        {
            change();
            return Task.CompletedTask;
        }

        if (IsCarriedOut)
        {
            change();
        }

        throw new TimeoutException("Killed.");
    }
}
