using System.Text;
using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Asks an API like OpenAI's to report what a stream used: it does so only with <c>"stream_options":{"include_usage":true}</c>. That is put into
/// the body where it belongs; everything else of the body stays to the letter.
/// </summary>
internal static class StreamUsage
{
    /// <summary>Whether a stream from this path reports its usage only when asked.</summary>
    /// <param name="method">Of the call.</param>
    /// <param name="path">As the upstream understands it.</param>
    public static bool HasToBeAsked(HttpMethod method, string path) =>
        method == HttpMethod.Post && UpstreamPath.EndsInAny(path, "/completions");

    /// <summary>The body with the question in it; null where there is nothing to ask: it is no stream, or the client asks already.</summary>
    /// <param name="head">The body, or its beginning.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    public static ReadOnlyMemory<byte>? Ask(ReadOnlyMemory<byte> head, bool isWhole)
    {
        var mark = head.Length - Utf8Text.WithoutMark(head.Span).Length;
        try
        {
            var found = Found.Read(head.Span[mark..], isWhole);
            return found.Edit is { } edit && found.Streams
                ? BodySplice.Splice(head, mark + edit.Start, edit.Length, Encoding.ASCII.GetBytes(edit.Text))
                : (ReadOnlyMemory<byte>?)null;
        }
        catch (JsonException)
        {
            // The upstream will say so
            return null;
        }
    }

    /// <summary>What a body says of streaming.</summary>
    /// <param name="Streams">Whether it asks for a stream.</param>
    /// <param name="Edit">What to put where, in place of so many bytes; null for nothing.</param>
    private readonly record struct Found(bool Streams, (int Start, int Length, string Text)? Edit)
    {
        public static Found Read(ReadOnlySpan<byte> body, bool isWhole)
        {
            var reader = new Utf8JsonReader(body, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonMetadata.MaxDepth }));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return default;
            }

            var found = new Found(false, ((int)reader.BytesConsumed, 0, "\"stream_options\":{\"include_usage\":true},"));
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isStream, isOptions) = (reader.ValueTextEquals("stream"u8), reader.ValueTextEquals("stream_options"u8));
                if (!reader.Read())
                {
                    break;
                }

                // Of a name that stands twice the last counts
                found = isStream ? found with { Streams = reader.TokenType == JsonTokenType.True }
                    : isOptions ? found with { Edit = EditOf(ref reader) }
                    : found;
                if (!reader.TrySkip())
                {
                    break;
                }
            }

            return found;
        }

        private static (int Start, int Length, string Text)? EditOf(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                return ((int)reader.TokenStartIndex, 4, "{\"include_usage\":true}");
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            // A copy: the caller skips the object itself
            var inner = reader;
            var start = (int)inner.BytesConsumed;
            (int, int, string)? edit = null;
            var isEmpty = true;
            while (inner.Read() && inner.TokenType == JsonTokenType.PropertyName)
            {
                isEmpty = false;
                var isAsked = inner.ValueTextEquals("include_usage"u8);
                if (!inner.Read())
                {
                    return null;
                }

                if (isAsked && inner.TokenType == JsonTokenType.True)
                {
                    return null;
                }

                var value = (int)inner.TokenStartIndex;
                if (!inner.TrySkip())
                {
                    return null;
                }

                edit = isAsked ? (value, (int)inner.BytesConsumed - value, "true") : edit;
            }

            // What follows the beginning may ask
            return inner.TokenType != JsonTokenType.EndObject ? null : edit ?? (start, 0, isEmpty ? "\"include_usage\":true" : "\"include_usage\":true,");
        }
    }
}
