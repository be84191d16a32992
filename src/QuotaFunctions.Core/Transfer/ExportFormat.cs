using System.Text.Json;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>The form of an export: NDJSON, a header, lines of rows and keys, and an end that says what was before it. docs/backup.md describes it.</summary>
internal static class ExportFormat
{
    /// <summary>What the header says the file is.</summary>
    public const string Name = "quota-functions-export";

    /// <summary>The version of the format that is written, and the newest that is read.</summary>
    public const int Version = 1;

    /// <summary>The type of the lines that are rows of tables.</summary>
    public const string RowType = "row";

    /// <summary>The type of the lines that are keys of earlier systems.</summary>
    public const string KeyType = "key";

    /// <summary>The type of the last line.</summary>
    public const string EndType = "end";

    /// <summary>The tables that rows are of, by the names that they have without a prefix.</summary>
    public const string Accounts = "accounts";

    /// <inheritdoc cref="Accounts"/>
    public const string Log = "audit";

    /// <inheritdoc cref="Accounts"/>
    public const string AdminAudit = "adminaudit";

    /// <inheritdoc cref="Accounts"/>
    public const string Subscriptions = "subscriptions";

    /// <summary>The longest line, in bytes: a row has 1 MiB at the most, and escaped text is longer.</summary>
    public const int MaxLineBytes = 8 * 1024 * 1024;

    /// <summary>The type of a line; null where it has none.</summary>
    public static string? TypeOf(JsonElement line) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty("type", out var type) && JsonValues.TryText(type, out var text) ? text : null;
}

/// <summary>The first line.</summary>
internal sealed record ExportHeader
{
    /// <summary><see cref="ExportFormat.Name"/>.</summary>
    public required string Format { get; init; }

    /// <summary><see cref="ExportFormat.Version"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Another one for each export. All parts of a file that was split have it.</summary>
    public required string Id { get; init; }

    /// <summary>When the export began.</summary>
    public required DateTimeOffset ExportedAt { get; init; }

    /// <summary>For people: what the amounts are.</summary>
    public string? Amounts { get; init; }
}

/// <summary>The last line.</summary>
internal sealed record ExportEnd
{
    /// <summary><see cref="ExportFormat.EndType"/>.</summary>
    public required string Type { get; init; }

    /// <summary>How many lines are before it.</summary>
    public required long Lines { get; init; }

    /// <summary>How many of them are rows of which table, or keys.</summary>
    public required IReadOnlyDictionary<string, long>? Counts { get; init; }

    /// <summary>The SHA-256 of all bytes before it, 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>The JSON of the first and the last line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ExportHeader))]
[JsonSerializable(typeof(ExportEnd))]
internal sealed partial class ExportJson : JsonSerializerContext;
