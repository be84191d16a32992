using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Entities as JSON, with the type annotations that OData wants for what JSON has no type for.</summary>
internal static class EntityJson
{
    public const string PartitionKey = "PartitionKey";
    public const string RowKey = "RowKey";
    public const string Timestamp = "Timestamp";
    public const string ETagAnnotation = "odata.etag";

    private const string TypeAnnotation = "@odata.type";
    private const string DateFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public static void Write(Utf8JsonWriter writer, ITableEntity entity)
    {
        writer.WriteStartObject();
        if (entity is TableEntity dictionary)
        {
            foreach (var (name, value) in dictionary.Properties)
            {
                if (name is not (Timestamp or ETagAnnotation))
                {
                    WriteProperty(writer, name, value);
                }
            }
        }
        else
        {
            EntityType.Of(entity.GetType()).Write(writer, entity);
        }

        writer.WriteEndObject();
    }

    public static void WriteProperty(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case null:
                writer.WriteNull(name);
                break;
            case string text:
                writer.WriteString(name, text);
                break;
            case int number:
                writer.WriteNumber(name, number);
                break;
            case bool flag:
                writer.WriteBoolean(name, flag);
                break;
            case long number:
                Span<char> digits = stackalloc char[20];
                number.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
                writer.WriteString(name, digits[..length]);
                Annotate(writer, name, "Edm.Int64");
                break;
            case double number:
                if (double.IsFinite(number))
                {
                    writer.WriteNumber(name, number);
                }
                else
                {
                    writer.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
                }

                Annotate(writer, name, "Edm.Double");
                break;
            case Guid guid:
                writer.WriteString(name, guid);
                Annotate(writer, name, "Edm.Guid");
                break;
            case DateTimeOffset moment:
                WriteDate(writer, name, moment.UtcDateTime);
                break;
            case DateTime moment:
                WriteDate(writer, name, moment.ToUniversalTime());
                break;
            case byte[] bytes:
                writer.WriteBase64String(name, bytes);
                Annotate(writer, name, "Edm.Binary");
                break;
            case BinaryData data:
                writer.WriteBase64String(name, data.ToMemory().Span);
                Annotate(writer, name, "Edm.Binary");
                break;
            case Enum constant:
                writer.WriteString(name, constant.ToString());
                break;
            default:
                throw new NotSupportedException($"Not supported type {value.GetType()}.");
        }
    }

    /// <summary>Reads the object that the reader stands at the beginning of.</summary>
    public static Dictionary<string, object> Read(ref Utf8JsonReader reader)
    {
        var values = new Dictionary<string, object>();
        List<(string Name, string Type)> annotations = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (name.EndsWith(TypeAnnotation, StringComparison.Ordinal))
            {
                (annotations ??= []).Add((name[..^TypeAnnotation.Length], reader.GetString()));
            }
            else if (!name.StartsWith("odata.", StringComparison.Ordinal) || name == ETagAnnotation)
            {
                values[name] = Scalar(ref reader);
            }
        }

        // An annotation may stand before or after what it annotates.
        foreach (var (name, type) in annotations ?? [])
        {
            if (values.TryGetValue(name, out var value) && value != null)
            {
                values[name] = Typed(value, type);
            }
        }

        if (values.TryGetValue(Timestamp, out var timestamp) && timestamp is string text)
        {
            values[Timestamp] = Date(text);
        }

        return values;
    }

    public static T ToEntity<T>(Dictionary<string, object> values)
        where T : class, ITableEntity
        => typeof(T).IsAssignableFrom(typeof(TableEntity)) ? (T)(object)TableEntity.Over(values) : (T)EntityType.Of(typeof(T)).Create(values);

    private static object Scalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number when reader.TryGetInt32(out var number) => number,
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.Number => reader.GetDouble(),
        var other => throw new JsonException($"A property of an entity cannot be {other}."),
    };

    private static object Typed(object value, string type) => type switch
    {
        "Edm.Int64" when value is string text => long.Parse(text, CultureInfo.InvariantCulture),
        "Edm.DateTime" when value is string text => Date(text),
        "Edm.Guid" when value is string text => Guid.Parse(text),
        "Edm.Binary" when value is string text => Convert.FromBase64String(text),
        "Edm.Double" => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    private static DateTimeOffset Date(string text)
        => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static void WriteDate(Utf8JsonWriter writer, string name, DateTime utc)
    {
        Span<char> text = stackalloc char[28];
        utc.TryFormat(text, out var length, DateFormat, CultureInfo.InvariantCulture);
        writer.WriteString(name, text[..length]);
        Annotate(writer, name, "Edm.DateTime");
    }

    private static void Annotate(Utf8JsonWriter writer, string name, string type)
    {
        // A property's name has at most 255 characters; a longer one is left to the service to refuse.
        var length = name.Length + TypeAnnotation.Length;
        var annotation = length <= 512 ? stackalloc char[length] : new char[length];
        name.CopyTo(annotation);
        TypeAnnotation.CopyTo(annotation[name.Length..]);
        writer.WriteString(annotation, type);
    }
}
