using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// How long requests took, as counts in buckets that can be added up: four to each doubling, so that a quantile is told to within 10 %.
/// The first bucket is for less than a millisecond.
/// </summary>
[JsonConverter(typeof(JsonForm))]
public sealed class LatencyHistogram
{
    /// <summary>The last bucket: 24 hours and more.</summary>
    private const int LastBucket = 106;

    private readonly SortedDictionary<int, long> _counts = [];

    /// <summary>Whether nothing was counted.</summary>
    public bool IsEmpty => _counts.Count == 0;

    /// <summary>Counts one request.</summary>
    /// <param name="milliseconds">How long it took, 0 or more.</param>
    public void Add(int milliseconds) => Add(BucketOf(milliseconds), 1);

    /// <summary>Adds all counts of another, or takes them away.</summary>
    /// <param name="other">The other.</param>
    /// <param name="sign">1 to add, -1 to take away.</param>
    public void Add(LatencyHistogram other, int sign = 1)
    {
        foreach (var (bucket, count) in other._counts)
        {
            Add(bucket, sign * count);
        }
    }

    /// <summary>The time within which a share of the requests was done, in milliseconds; null where nothing was counted.</summary>
    /// <param name="share">Above 0, at most 1: 0.95 for the 95th percentile.</param>
    public double? Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * _counts.Values.Sum());
        foreach (var (bucket, count) in _counts)
        {
            rank -= count;
            if (rank <= 0)
            {
                // The middle of the bucket, by ratio.
                return bucket == 0 ? 0 : Math.Pow(2, (bucket - 0.5) / 4);
            }
        }

        return null;
    }

    /// <summary>The upper ends of all buckets that have counts, in milliseconds, and the counts.</summary>
    internal IEnumerable<(double UpTo, long Count)> Buckets => _counts.Select(item => (Math.Pow(2, item.Key / 4.0), item.Value));

    private static int BucketOf(int milliseconds) => milliseconds < 1 ? 0 : Math.Min(LastBucket, 1 + (int)Math.Floor(4 * Math.Log2(milliseconds)));

    private void Add(int bucket, long count)
    {
        var sum = _counts.GetValueOrDefault(bucket) + count;
        if (sum == 0)
        {
            _counts.Remove(bucket);
        }
        else
        {
            _counts[bucket] = sum;
        }
    }

    /// <summary>Bucket and count by turns, in one array: rows hold many of them.</summary>
    internal sealed class JsonForm : JsonConverter<LatencyHistogram>
    {
        /// <inheritdoc/>
        public override LatencyHistogram Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var histogram = new LatencyHistogram();
            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                var bucket = reader.GetInt32();
                reader.Read();
                histogram.Add(bucket, reader.GetInt64());
            }

            return histogram;
        }

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, LatencyHistogram value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var (bucket, count) in value._counts)
            {
                writer.WriteNumberValue(bucket);
                writer.WriteNumberValue(count);
            }

            writer.WriteEndArray();
        }
    }
}
