using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Reads the facts of a form: its field <c>model</c>, wherever it stands. Files are passed over.</summary>
internal static class FormMetadata
{
    private const string Model = "model";
    private const int MaxValueBytes = 1024;

    /// <summary>Reads a form.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="contentType">What it says that it is.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<RequestMetadata> ReadAsync(Stream body, string contentType, CancellationToken cancellationToken)
    {
        try
        {
            if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
            {
                return RequestMetadata.None with { IsMalformed = true };
            }

            return type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase)
                ? await ReadPartsAsync(body, BoundaryOf(type), cancellationToken).ConfigureAwait(false)
                : await ReadPairsAsync(body, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidDataException || exception.GetType() == typeof(IOException))
        {
            // What the readers throw for a form that is none
            return RequestMetadata.None with { IsMalformed = true };
        }
    }

    private static string BoundaryOf(MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 70 } boundary
        && type.Parameters.Count(parameter => parameter.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase)) == 1
            ? boundary
            : throw new InvalidDataException("There is no boundary.");

    private static async Task<RequestMetadata> ReadPartsAsync(Stream body, string boundary, CancellationToken cancellationToken)
    {
        var facts = RequestMetadata.None;
        var reader = new MultipartReader(boundary, body);
        while (await reader.ReadNextSectionAsync(cancellationToken).ConfigureAwait(false) is { } part)
        {
            if (!IsModel(part))
            {
                continue;
            }

            // What an upstream might undo is no plain name
            var isPlain = part.Headers?.ContainsKey("Content-Transfer-Encoding") == false;
            var value = await ReadTextAsync(part.Body, cancellationToken).ConfigureAwait(false);
            facts = facts.WithModel(isPlain ? value : null);
        }

        return facts;
    }

    private static bool IsModel(MultipartSection part)
    {
        if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition)
            || disposition.Parameters.Count(parameter => parameter.Name.StartsWith("name", StringComparison.OrdinalIgnoreCase)) != 1)
        {
            throw new InvalidDataException("A part has no name, or several.");
        }

        return IsModel(HeaderUtilities.RemoveQuotes(disposition.Name).Value);
    }

    private static bool IsModel(string? name) => Model.Equals(name?.Trim(), StringComparison.OrdinalIgnoreCase);

    private static async Task<string?> ReadTextAsync(Stream part, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxValueBytes];
        var length = await part.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return length < buffer.Length ? Encoding.UTF8.GetString(buffer, 0, length) : null;
    }

    private static async Task<RequestMetadata> ReadPairsAsync(Stream body, CancellationToken cancellationToken)
    {
        var facts = RequestMetadata.None;
        using var reader = new FormReader(body);
        while (await reader.ReadNextPairAsync(cancellationToken).ConfigureAwait(false) is { } pair)
        {
            facts = IsModel(pair.Key) ? facts.WithModel(pair.Value) : facts;
        }

        return facts;
    }
}
