using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>Writes moments in UTC with a <c>Z</c>, as most clients send them.</summary>
internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Timestamps.TryParse(reader.GetString(), out var moment) ? moment : throw new JsonException("Not a moment.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Timestamps.ToText(value));
}
