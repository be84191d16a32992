using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Finds out what a client's body says, as far as it has to be known before the request is charged.</summary>
/// <param name="Facts">What it says.</param>
/// <param name="Inspector">Looks at what of the body was not read yet, as it passes; null where nobody has to.</param>
internal sealed record BodyMetadata(RequestMetadata Facts, IBodyInspector? Inspector = null)
{
    private static readonly BodyMetadata None = new(RequestMetadata.None);

    private enum Kind
    {
        Other,
        Json,
        Form,
    }

    /// <summary>Reads a body that is sent on as it is. Where its beginning does not name the model, or has pictures, all of it is read, from disk.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">What it says that it is.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RefusedException">It says that it is JSON, and is not.</exception>
    public static async Task<BodyMetadata> ReadAsync(ClientBody body, string? contentType, CancellationToken cancellationToken)
    {
        var isDeclaredJson = IsJson(contentType);
        var found = KindOf(body.Head.Span, contentType, isDeclaredJson) switch
        {
            Kind.Json => await ReadJsonAsync(body, cancellationToken).ConfigureAwait(false),
            Kind.Form => await ReadFormAsync(body, contentType!, cancellationToken).ConfigureAwait(false),
            _ => None,
        };
        return found.Facts.IsMalformed && isDeclaredJson ? throw RefusedException.Invalid("body", "is not valid JSON.") : found;
    }

    /// <summary>Reads the body in an envelope. Where its beginning does not name the model, or has pictures, all of it is read, from disk.</summary>
    /// <param name="request">The envelope.</param>
    /// <param name="envelope">What was read of it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RefusedException">The envelope does not end as it must.</exception>
    public static async Task<BodyMetadata> ReadAsync(ClientBody request, Envelope envelope, CancellationToken cancellationToken)
    {
        if (envelope.Body is not { } head)
        {
            return None;
        }

        if (!envelope.IsCut)
        {
            envelope.Headers.TryGetValue(HeaderNames.ContentType, out var contentType);
            return KindOf(head.Span, contentType, isDeclaredJson: false) switch
            {
                Kind.Json => new BodyMetadata(RequestMetadata.Read(head.Span)),
                Kind.Form => new BodyMetadata(await FormMetadata.ReadAsync(new MemoryStream(head.ToArray()), contentType!, cancellationToken).ConfigureAwait(false)),
                _ => None,
            };
        }

        var inspector = new EnvelopeInspector(head.Span);
        if (inspector.Facts is { IsObject: true, Models: not 1 } or { IsMalformed: true } || inspector.HasAttachments)
        {
            try
            {
                await request.SpoolAsync(piece => inspector.Inspect(piece), cancellationToken).ConfigureAwait(false);
                inspector.End();
            }
            catch (ClientBodyException exception)
            {
                throw new RefusedException(exception.Refusal!);
            }

            return new BodyMetadata(inspector.Facts, new EnvelopeInspector(head.Span));
        }

        return new BodyMetadata(inspector.Facts, inspector);
    }

    private static async Task<BodyMetadata> ReadJsonAsync(ClientBody body, CancellationToken cancellationToken)
    {
        if (body.Rest is null)
        {
            return new BodyMetadata(RequestMetadata.Read(body.Head.Span));
        }

        var inspector = new SingleModelInspector(body.Head.Span);
        if (inspector.Facts is { IsMalformed: true } or { IsObject: false })
        {
            return new BodyMetadata(inspector.Facts);
        }

        if (inspector.Facts.Models == 1 && !inspector.HasAttachments)
        {
            return new BodyMetadata(inspector.Facts, inspector);
        }

        await body.SpoolAsync(inspector.Read, cancellationToken).ConfigureAwait(false);
        return new BodyMetadata(inspector.Conclude());
    }

    private static async Task<BodyMetadata> ReadFormAsync(ClientBody body, string contentType, CancellationToken cancellationToken)
    {
        await body.SpoolAsync(static _ => { }, cancellationToken).ConfigureAwait(false);
        return new BodyMetadata(await body.ReadWholeAsync(whole => FormMetadata.ReadAsync(whole, contentType, cancellationToken)).ConfigureAwait(false));
    }

    private static Kind KindOf(ReadOnlySpan<byte> head, string? contentType, bool isDeclaredJson)
    {
        if (!head.ContainsAnyExcept(JsonText.Insignificant))
        {
            return Kind.Other;
        }

        // Upstreams are not strict about the declared type, so neither is this: what looks like an object is read as one
        return isDeclaredJson || SeemsJson(head) ? Kind.Json : IsForm(contentType) ? Kind.Form : Kind.Other;
    }

    // An object, also in UTF-16 or UTF-32, or behind a comment: those are malformed here, but not to every upstream
    private static bool SeemsJson(ReadOnlySpan<byte> head)
    {
        var start = head.IndexOfAnyExcept(JsonText.Insignificant);
        return start >= 0 && head[start] is (byte)'{' or (byte)'/';
    }

    private static bool IsJson(string? contentType) => contentType is not null
        && Says(contentType, "json") && !Says(contentType, "ndjson") && !Says(contentType, "jsonl");

    private static bool IsForm(string? contentType) => contentType is not null
        && (Says(contentType, "multipart/form-data") || Says(contentType, "form-urlencoded"));

    private static bool Says(string contentType, string word) => contentType.Contains(word, StringComparison.OrdinalIgnoreCase);
}
