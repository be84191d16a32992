using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>A row of a table as a line. Where JSON does not tell a value's type, its name does: <c>"Used:long":5</c>.</summary>
internal static class RowLine
{
    private const string Type = "type";
    private const string Table = "table";
    private const string Partition = "partition";
    private const string Row = "row";
    private const string Values = "values";

    private static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Properties that storage itself keeps.</summary>
    private static readonly HashSet<string> OfStorage = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];

    /// <summary>Writes a line, with its line feed.</summary>
    public static void Write(Stream stream, string table, TableEntity row)
    {
        using (var json = new Utf8JsonWriter(stream, Unescaped))
        {
            json.WriteStartObject();
            json.WriteString(Type, ExportFormat.RowType);
            json.WriteString(Table, table);
            json.WriteString(Partition, row.PartitionKey);
            json.WriteString(Row, row.RowKey);
            json.WriteStartObject(Values);
            foreach (var (name, value) in row.Where(property => property.Value is not null && !OfStorage.Contains(property.Key)))
            {
                WriteValue(json, name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is no such line.</exception>
    public static (string Table, TableEntity Row) Read(JsonElement line)
    {
        if (line.EnumerateObject().Any(field => field.Name is not (Type or Table or Partition or Row or Values)))
        {
            throw new FormatException("a row has a type, a table, a partition, a row and values, and nothing else");
        }

        var row = new TableEntity(Text(line, Partition), Text(line, Row));
        if (!line.TryGetProperty(Values, out var values) || values.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("a row must have values");
        }

        foreach (var value in values.EnumerateObject())
        {
            var colon = value.Name.IndexOf(':', StringComparison.Ordinal);
            var (name, type) = colon < 0 ? (value.Name, "") : (value.Name[..colon], value.Name[(colon + 1)..]);
            if (name.Length is 0 or > 255 || OfStorage.Contains(name) || !row.TryAdd(name, ReadValue(type, value.Value)))
            {
                throw new FormatException("a value's name is wrong, or there twice");
            }
        }

        return (Text(line, Table), row);
    }

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && JsonValues.TryText(value, out var text) && text is { Length: > 0 and <= 512 }
            ? text
            : throw new FormatException($"{name} must be text");

    private static void WriteValue(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteString(name, text);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int number:
                json.WriteNumber(name + ":int", number);
                break;
            case long number:
                json.WriteNumber(name + ":long", number);
                break;
            case double number:
                json.WriteNumber(name + ":double", number);
                break;
            case DateTimeOffset moment:
                json.WriteString(name + ":time", moment.ToUniversalTime());
                break;
            case Guid id:
                json.WriteString(name + ":guid", id);
                break;
            case byte[] bytes:
                json.WriteBase64String(name + ":bytes", bytes);
                break;
            case BinaryData bytes:
                json.WriteBase64String(name + ":bytes", bytes);
                break;
            default:
                throw new NotSupportedException($"{name} is of a type that tables do not have.");
        }
    }

    private static object ReadValue(string type, JsonElement value)
    {
        try
        {
            return type switch
            {
                "" when value.ValueKind == JsonValueKind.String => value.GetString()!,
                "" => value.GetBoolean(),
                "int" => value.GetInt32(),
                "long" => value.GetInt64(),
                "double" => value.GetDouble(),
                "time" => value.GetDateTimeOffset(),
                "guid" => value.GetGuid(),
                "bytes" => value.GetBytesFromBase64(),
                _ => throw new FormatException("a value is of a type that is not known"),
            };
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("a value is not of the type that its name says");
        }
    }
}
