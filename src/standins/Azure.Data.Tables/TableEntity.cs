using System.Collections;

namespace Azure.Data.Tables;

/// <summary>An entity as a dictionary of its properties.</summary>
public sealed class TableEntity : ITableEntity, IDictionary<string, object>
{
    public TableEntity() => Properties = [];

    public TableEntity(string partitionKey, string rowKey)
        : this()
    {
        PartitionKey = partitionKey;
        RowKey = rowKey;
    }

    public TableEntity(IDictionary<string, object> values)
        => Properties = values is null ? [] : new Dictionary<string, object>(values);

    public string PartitionKey
    {
        get => GetString(EntityJson.PartitionKey);
        set => Properties[EntityJson.PartitionKey] = value;
    }

    public string RowKey
    {
        get => GetString(EntityJson.RowKey);
        set => Properties[EntityJson.RowKey] = value;
    }

    public DateTimeOffset? Timestamp
    {
        get => GetDateTimeOffset(EntityJson.Timestamp);
        set => Properties[EntityJson.Timestamp] = value;
    }

    public ETag ETag
    {
        get => GetString(EntityJson.ETagAnnotation) is { } etag ? new ETag(etag) : default;
        set => Properties[EntityJson.ETagAnnotation] = value.ToString();
    }

    public ICollection<string> Keys => Properties.Keys;

    public int Count => Properties.Count;

    ICollection<object> IDictionary<string, object>.Values => Properties.Values;

    bool ICollection<KeyValuePair<string, object>>.IsReadOnly => false;

    internal Dictionary<string, object> Properties { get; private init; }

    /// <summary>The property's value, or null where there is none. A number set later takes on the wider type of the one that was there.</summary>
    public object this[string key]
    {
        get => Value(key);
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            Properties[key] = value != null && Properties.TryGetValue(key, out var existing) && existing != null ? Coerce(existing, value) : value;
        }
    }

    public string GetString(string key) => Reference<string>(key);

    public byte[] GetBinary(string key) => Reference<byte[]>(key);

    public BinaryData GetBinaryData(string key) => Value(key) switch
    {
        null => null,
        BinaryData data => data,
        byte[] bytes => BinaryData.FromBytes(bytes),
        var other => throw Mismatch(typeof(BinaryData), other),
    };

    public bool? GetBoolean(string key) => Scalar<bool>(key);

    public int? GetInt32(string key) => Scalar<int>(key);

    public long? GetInt64(string key) => Scalar<long>(key);

    public double? GetDouble(string key) => Scalar<double>(key);

    public Guid? GetGuid(string key) => Scalar<Guid>(key);

    public DateTime? GetDateTime(string key) => Value(key) is DateTimeOffset offset ? offset.UtcDateTime : Scalar<DateTime>(key);

    public DateTimeOffset? GetDateTimeOffset(string key) => Value(key) is DateTime time ? new DateTimeOffset(time) : Scalar<DateTimeOffset>(key);

    public void Add(string key, object value) => Properties.Add(key, value);

    public bool ContainsKey(string key) => Properties.ContainsKey(key);

    public bool Remove(string key) => Properties.Remove(key);

    public bool TryGetValue(string key, out object value) => Properties.TryGetValue(key, out value);

    public void Clear() => Properties.Clear();

    void ICollection<KeyValuePair<string, object>>.Add(KeyValuePair<string, object> item) => Properties.Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, object>>.Contains(KeyValuePair<string, object> item)
        => ((ICollection<KeyValuePair<string, object>>)Properties).Contains(item);

    void ICollection<KeyValuePair<string, object>>.CopyTo(KeyValuePair<string, object>[] array, int arrayIndex)
        => ((ICollection<KeyValuePair<string, object>>)Properties).CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, object>>.Remove(KeyValuePair<string, object> item)
        => ((ICollection<KeyValuePair<string, object>>)Properties).Remove(item);

    IEnumerator<KeyValuePair<string, object>> IEnumerable<KeyValuePair<string, object>>.GetEnumerator() => Properties.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Properties.GetEnumerator();

    /// <summary>An entity over a dictionary that nobody else holds.</summary>
    internal static TableEntity Over(Dictionary<string, object> properties) => new() { Properties = properties };

    private static object Coerce(object existing, object value) => (existing, value) switch
    {
        (double, int number) => (double)number,
        (long, int number) => (long)number,
        _ => value,
    };

    private object Value(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Properties.GetValueOrDefault(key);
    }

    private T Reference<T>(string key)
        where T : class
        => Value(key) switch
        {
            null => null,
            T value => value,
            var other => throw Mismatch(typeof(T), other),
        };

    private T? Scalar<T>(string key)
        where T : struct
        => Value(key) switch
        {
            null => null,
            T value => value,
            var other => throw Mismatch(typeof(T), other),
        };

    private static InvalidOperationException Mismatch(Type wanted, object value)
        => new($"Cannot return {wanted} type for a {value.GetType()} typed property.");
}
