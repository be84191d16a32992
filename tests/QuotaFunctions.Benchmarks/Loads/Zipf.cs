namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Numbers as requests fall on keys: the k-th is drawn in proportion to 1/k.</summary>
internal sealed class Zipf
{
    private readonly double[] _sums;

    public Zipf(int count)
    {
        _sums = new double[count];
        var sum = 0.0;
        for (var rank = 0; rank < count; rank++)
        {
            _sums[rank] = sum += 1.0 / (rank + 1);
        }
    }

    public int Next() => Next(Random.Shared);

    public int Next(Random random)
    {
        var index = Array.BinarySearch(_sums, random.NextDouble() * _sums[^1]);
        return index < 0 ? ~index : index;
    }
}
