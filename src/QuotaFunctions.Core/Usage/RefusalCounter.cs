using System.Collections.Concurrent;
using System.Threading.Channels;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>
/// Counts refused requests in memory: by code, and by key where the key is known. A refusal costs two look-ups and two additions, and the
/// memory is bounded whatever clients do.
/// </summary>
/// <param name="clock">Tells the day and the quarter of an hour.</param>
public sealed class RefusalCounter(TimeProvider clock)
{
    /// <summary>Keys of a day that are counted apart; those that come later are counted together, under <see cref="UsageSum.Other"/>.</summary>
    public const int MaxKeys = 5_000;

    private readonly ConcurrentDictionary<int, CountingDay> _days = new();
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int _isChanged;

    /// <summary>Counts a refused request.</summary>
    /// <param name="code">Why, by the error's code.</param>
    /// <param name="keyId">Whose it was; null where nobody knows the key.</param>
    public void Add(string code, string? keyId)
    {
        var now = clock.GetUtcNow();
        if (!_days.TryGetValue(LedgerRow.DayOf(now), out var day))
        {
            day = _days.GetOrAdd(LedgerRow.DayOf(now), static _ => new CountingDay());
        }

        day.Add(code, keyId, UsageChange.SlotOf(now));
        if (Volatile.Read(ref _isChanged) == 0)
        {
            SetChanged();
        }
    }

    /// <summary>Waits until something was counted since <see cref="TakeChanged"/> was called last.</summary>
    internal async Task WaitForChangeAsync(CancellationToken cancellationToken) => await _changes.Reader.ReadAsync(cancellationToken);

    /// <summary>Says that what was taken is still to be stored.</summary>
    internal void SetChanged()
    {
        if (Interlocked.Exchange(ref _isChanged, 1) == 0)
        {
            _changes.Writer.TryWrite(true);
        }
    }

    /// <summary>The days that have changed since they were stored, each as a whole. Days before yesterday are forgotten.</summary>
    internal IReadOnlyList<(int Day, RefusedCounts Counts)> TakeChanged()
    {
        // Before it reads: what is counted meanwhile is read now, or says again that there is something
        Interlocked.Exchange(ref _isChanged, 0);
        var yesterday = LedgerRow.DayOf(clock.GetUtcNow().AddDays(-1));
        foreach (var old in _days.Keys.Where(day => day < yesterday))
        {
            _days.TryRemove(old, out _);
        }

        var changed = new List<(int Day, RefusedCounts Counts)>();
        foreach (var (day, counting) in _days)
        {
            var counts = counting.ToCounts();
            if (counts.Total > counting.Stored)
            {
                changed.Add((day, counts));
            }
        }

        return changed;
    }

    /// <summary>Notes that a day is stored.</summary>
    internal void SetStored(int day, RefusedCounts counts)
    {
        if (_days.TryGetValue(day, out var counting))
        {
            counting.Stored = counts.Total;
        }
    }

    /// <summary>A day that is being counted.</summary>
    private sealed class CountingDay
    {
        private readonly ConcurrentDictionary<string, long[]> _codes = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, int[]> _keys = new(StringComparer.Ordinal);
        private int _keyCount;

        /// <summary>How many refusals of it are stored. Only who stores them asks.</summary>
        public long Stored { get; set; }

        public void Add(string code, string? keyId, int slot)
        {
            if (keyId is not null)
            {
                Interlocked.Increment(ref SlotsOf(keyId)[slot]);
            }

            Interlocked.Increment(ref _codes.GetOrAdd(code, static _ => new long[1])[0]);
        }

        public RefusedCounts ToCounts()
        {
            // The codes first: they say how much of it is stored, and must not say more than the keys have
            var counts = new RefusedCounts();
            foreach (var (code, count) in _codes)
            {
                counts.Codes[code] = Interlocked.Read(ref count[0]);
            }

            foreach (var (key, slots) in _keys)
            {
                for (var slot = 0; slot < slots.Length; slot++)
                {
                    counts.Add(key, slot, Volatile.Read(ref slots[slot]));
                }
            }

            return counts;
        }

        private int[] SlotsOf(string keyId)
        {
            if (_keys.TryGetValue(keyId, out var slots))
            {
                return slots;
            }

            // Not the dictionary's own count, which stops everybody
            var isApart = Volatile.Read(ref _keyCount) < MaxKeys;
            slots = _keys.GetOrAdd(isApart ? keyId : UsageSum.Other, static _ => new int[UsageSpan.SlotsPerDay]);
            if (isApart)
            {
                Interlocked.Increment(ref _keyCount);
            }

            return slots;
        }
    }
}
