using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// A request's body: its beginning, held to be looked at, and the rest, which streams. What is held never grows beyond
/// <see cref="MaxHead"/>, however large the body is.
/// </summary>
internal sealed class ClientBody
{
    /// <summary>The most that is held of a body: 1 MiB. A larger body streams from there on.</summary>
    public const int MaxHead = 1024 * 1024;

    private const int FirstRead = 16 * 1024;

    private ClientBody(ReadOnlyMemory<byte> head, Stream? rest, long? length)
    {
        Head = head;
        Rest = rest;
        Length = length;
    }

    /// <summary>The beginning.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>What comes after it; null where that is all.</summary>
    public Stream? Rest { get; }

    /// <summary>Bytes in all; null where that is not known yet.</summary>
    public long? Length { get; }

    /// <summary>Reads the beginning: the whole body, where it is no larger than <see cref="MaxHead"/>.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="maxBytes">The most that the whole body may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BadHttpRequestException">It is too large, as far as that is known; from reading the rest: it turned out to be.</exception>
    public static async Task<ClientBody> OpenAsync(HttpRequest request, long maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength is 0)
        {
            return new ClientBody(default, rest: null, 0);
        }

        var source = LimitedBodyStream.Open(request, maxBytes);
        var buffer = new byte[Math.Min(request.ContentLength ?? FirstRead, FirstRead)];
        var filled = 0;
        while (true)
        {
            var read = await source.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            filled += read;
            if (read == 0 || filled == request.ContentLength)
            {
                return new ClientBody(buffer.AsMemory(0, filled), rest: null, filled);
            }

            if (filled == MaxHead)
            {
                return new ClientBody(buffer, source, request.ContentLength);
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, MaxHead));
            }
        }
    }
}
