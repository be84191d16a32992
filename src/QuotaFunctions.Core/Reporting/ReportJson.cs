using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Writes an enumeration's names in lower case with underscores.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>How reports, and requests for them, are written in JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(QuotaReport))]
[JsonSerializable(typeof(ReportRequest))]
[JsonSerializable(typeof(ReportMessage))]
public sealed partial class ReportJson : JsonSerializerContext;
