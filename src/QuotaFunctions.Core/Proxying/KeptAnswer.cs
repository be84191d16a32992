using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace QuotaFunctions.Core.Proxying;

/// <summary>An answer that is kept as it went to the client, so that a repetition of the request gets the same. One row has all of it.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The upstream's headers, as <see cref="Lines"/> writes them, at most <see cref="MaxHeaders"/> characters.</param>
/// <param name="Body">The body, at most <see cref="MaxBody"/> bytes, in the Content-Encoding that the headers name.</param>
internal sealed record KeptAnswer(int Status, string Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The longest body that is kept, in bytes: 256 KiB.</summary>
    public const int MaxBody = 256 * 1024;

    /// <summary>The longest headers that are kept, in characters: below the service's limit of 32 Ki for a property.</summary>
    public const int MaxHeaders = 30_000;

    /// <summary>The longest binary property of a row, in bytes, by the service's limit.</summary>
    private const int MaxProperty = 64 * 1024;

    /// <summary>Reads it from its row.</summary>
    public static KeptAnswer Of(TableEntity row)
    {
        using var body = new MemoryStream();
        for (var part = 0; row.GetBinary(NameOfPart(part)) is { } bytes; part++)
        {
            body.Write(bytes);
        }

        return new KeptAnswer(row.GetInt32("Status") ?? StatusCodes.Status200OK, row.GetString("Headers") ?? "", body.ToArray());
    }

    /// <summary>Headers as HTTP/1.1 writes them: a line for each value.</summary>
    public static string Lines(IEnumerable<KeyValuePair<string, StringValues>> headers) =>
        string.Join('\n', headers.SelectMany(header => header.Value, (header, value) => $"{header.Key}:{value}"));

    /// <summary>Puts it into a row.</summary>
    public void WriteTo(TableEntity row)
    {
        row["Status"] = Status;
        row["Headers"] = Headers;
        for (var part = 0; part * MaxProperty < Body.Length; part++)
        {
            var start = part * MaxProperty;
            row[NameOfPart(part)] = Body.Slice(start, Math.Min(MaxProperty, Body.Length - start)).ToArray();
        }
    }

    /// <summary>Answers a client with it.</summary>
    public async Task WriteToAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        foreach (var line in Headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            response.Headers.Append(line[..colon], line[(colon + 1)..]);
        }

        if (!Body.IsEmpty)
        {
            // Of a stream that was over, its end may be missing
            response.ContentLength = response.ContentLength is null ? null : Body.Length;

            // Not bound to the request: for a client that left the server drops the bytes
            await response.Body.WriteAsync(Body, CancellationToken.None).ConfigureAwait(false);
        }

        await response.CompleteAsync().ConfigureAwait(false);
    }

    private static string NameOfPart(int part) => $"Body{part}";
}
