using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>Answers as NDJSON: a line of JSON for each row.</summary>
internal static class NdjsonLines
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/x-ndjson";

    /// <summary>An answer with these rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="type">How a row is written.</param>
    public static IResult Of<T>(IAsyncEnumerable<T> rows, JsonTypeInfo<T> type) => new StreamResult(ContentType, async (stream, cancellationToken) =>
    {
        await using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            await text.WriteLineAsync(JsonSerializer.Serialize(row, type).AsMemory(), cancellationToken);
        }
    });
}
