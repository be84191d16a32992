using System.Collections.Concurrent;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Keeps the values of a label few, where clients choose them: the first ones stand for themselves, all others are one.</summary>
/// <param name="limit">How many stand for themselves.</param>
internal sealed class BoundedNames(int limit)
{
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.OrdinalIgnoreCase);
    private int _count;

    /// <summary>What a name is called: <c>other</c> once there are too many.</summary>
    public string Of(string name)
    {
        if (_known.TryGetValue(name, out var known))
        {
            return known;
        }

        if (Volatile.Read(ref _count) >= limit || Interlocked.Increment(ref _count) > limit)
        {
            return "other";
        }

        return _known.GetOrAdd(name, name);
    }
}
