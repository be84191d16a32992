using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>The refused requests of a day (UTC), by code, and by key and quarter of an hour.</summary>
internal sealed class RefusedCounts
{
    /// <summary>Keys that are stored apart, those with the most; the rest is stored together, under <see cref="UsageSum.Other"/>.</summary>
    public const int MaxKeys = 500;

    /// <summary>By the error's code, also those without a key that is known.</summary>
    public Dictionary<string, long> Codes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>By key, and by slot, 0 to 95.</summary>
    public Dictionary<string, SortedDictionary<int, long>> Keys { get; init; } = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public long Total => Codes.Values.Sum();

    /// <summary>Adds refusals of a key.</summary>
    public void Add(string key, int slot, long count)
    {
        if (count == 0)
        {
            return;
        }

        if (!Keys.TryGetValue(key, out var slots))
        {
            Keys[key] = slots = [];
        }

        slots[slot] = slots.GetValueOrDefault(slot) + count;
    }

    /// <summary>Adds another's.</summary>
    public void Add(RefusedCounts other)
    {
        foreach (var (code, count) in other.Codes)
        {
            Codes[code] = Codes.GetValueOrDefault(code) + count;
        }

        foreach (var (key, slots) in other.Keys)
        {
            foreach (var (slot, count) in slots)
            {
                Add(key, slot, count);
            }
        }
    }

    /// <summary>The same, with the keys that have the most, and the rest together.</summary>
    public RefusedCounts Limited()
    {
        var apart = Largest(Keys.Select(key => KeyValuePair.Create(key.Key, key.Value.Values.Sum())), MaxKeys);
        var limited = new RefusedCounts { Codes = Codes };
        foreach (var (key, slots) in Keys)
        {
            foreach (var (slot, count) in slots)
            {
                limited.Add(apart.Contains(key) ? key : UsageSum.Other, slot, count);
            }
        }

        return limited;
    }

    /// <summary>The sum of each key.</summary>
    public Dictionary<string, long> Sums() => Keys.ToDictionary(key => key.Key, key => key.Value.Values.Sum(), StringComparer.Ordinal);

    /// <summary>The keys with the most.</summary>
    public static IReadOnlySet<string> Largest(IEnumerable<KeyValuePair<string, long>> sums, int most) => sums.Where(key => key.Key != UsageSum.Other)
        .OrderByDescending(key => key.Value).ThenBy(key => key.Key, StringComparer.Ordinal).Take(most).Select(key => key.Key).ToHashSet(StringComparer.Ordinal);
}

/// <summary>The refused requests of all days that are folded.</summary>
internal sealed class RefusedSums
{
    /// <summary>Keys that are told apart; the rest is told together, under <see cref="UsageSum.Other"/>.</summary>
    public const int MaxKeys = 5_000;

    /// <summary>The last day that is in it, as yyyyMMdd; 0 for none.</summary>
    public int Through { get; init; }

    /// <summary>By the error's code.</summary>
    public Dictionary<string, long> Codes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>By key.</summary>
    public Dictionary<string, long> Keys { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The same with another day.</summary>
    public RefusedSums Plus(int day, RefusedCounts counts)
    {
        var sums = new Dictionary<string, long>(Keys, StringComparer.Ordinal);
        AddTo(sums, counts.Sums());
        var codes = new Dictionary<string, long>(Codes, StringComparer.Ordinal);
        AddTo(codes, counts.Codes);
        var apart = RefusedCounts.Largest(sums, MaxKeys);
        var limited = new Dictionary<string, long>(StringComparer.Ordinal);
        AddTo(limited, sums.Select(key => KeyValuePair.Create(apart.Contains(key.Key) ? key.Key : UsageSum.Other, key.Value)));
        return new RefusedSums { Through = Math.Max(day, Through), Codes = codes, Keys = limited };
    }

    private static void AddTo(Dictionary<string, long> sums, IEnumerable<KeyValuePair<string, long>> more)
    {
        foreach (var (name, count) in more)
        {
            sums[name] = sums.GetValueOrDefault(name) + count;
        }
    }
}

/// <summary>The JSON of refused requests.</summary>
[JsonSerializable(typeof(Dictionary<string, long>))]
[JsonSerializable(typeof(Dictionary<string, SortedDictionary<int, long>>))]
internal sealed partial class RefusalJson : JsonSerializerContext;
