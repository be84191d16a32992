using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>Reads the JSON bodies of the service's own routes, whatever their <c>Content-Type</c> says.</summary>
public static class JsonBody
{
    /// <summary>The largest body of the management routes: 10 MiB.</summary>
    public const int MaxBytes = 10 * 1024 * 1024;

    /// <summary>The largest body of the routes for a key's holder: 64 KiB.</summary>
    public const int MaxHolderBytes = 64 * 1024;

    /// <summary>The buffer of a body that may be longer, or says nothing of its length.</summary>
    private const int FirstBytes = 4096;

    private static readonly JsonElement NoFields = JsonElement.Parse("{}"u8);

    /// <summary>Reads a body of a management route that must be there.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON, or not an object.</exception>
    /// <exception cref="BadHttpRequestException">It is too large.</exception>
    public static Task<JsonElement> ReadAsync(HttpRequest request, CancellationToken cancellationToken) => ReadAsync(request, MaxBytes, cancellationToken);

    /// <summary>Reads a body that must be there.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON, or not an object.</exception>
    /// <exception cref="BadHttpRequestException">It is too large, or encoded as nobody understands.</exception>
    public static async Task<JsonElement> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken) =>
        await ReadOptionalAsync(request, maxBytes, cancellationToken) ?? throw new InvalidRequestException(JsonFields.Body, "must be a JSON object, and is empty.");

    /// <summary>Reads a body of a management route that may be missing, as if it were <c>{}</c>.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON.</exception>
    /// <exception cref="BadHttpRequestException">It is too large, or encoded as nobody understands.</exception>
    public static Task<JsonElement> ReadOrEmptyAsync(HttpRequest request, CancellationToken cancellationToken) =>
        ReadOrEmptyAsync(request, MaxBytes, cancellationToken);

    /// <summary>Reads a body that may be missing, as if it were <c>{}</c>.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON.</exception>
    /// <exception cref="BadHttpRequestException">It is too large, or encoded as nobody understands.</exception>
    public static async Task<JsonElement> ReadOrEmptyAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken) =>
        await ReadOptionalAsync(request, maxBytes, cancellationToken) ?? NoFields;

    private static async Task<JsonElement?> ReadOptionalAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        var source = LimitedBodyStream.Open(request, maxBytes);

        // With room for one byte more, so that the end is seen without a larger buffer
        var body = new ArrayBufferWriter<byte>((int)Math.Min(request.ContentLength ?? FirstBytes, FirstBytes) + 1);
        while (true)
        {
            var read = await source.ReadAsync(body.GetMemory(), cancellationToken);
            if (read == 0)
            {
                return Utf8Text.WithoutMark(body.WrittenSpan).Trim(" \t\r\n"u8).IsEmpty ? null : JsonFields.Parse(body.WrittenSpan);
            }

            body.Advance(read);
        }
    }
}
