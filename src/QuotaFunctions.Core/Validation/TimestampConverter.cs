using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Validation;

/// <summary>Writes moments in UTC with a <c>Z</c>, as most clients send them.</summary>
public sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Timestamps.TryParse(reader.GetString(), out var moment) ? moment : throw new JsonException("Not a moment.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Timestamps.ToText(value));
}
