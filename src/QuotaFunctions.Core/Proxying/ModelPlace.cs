using System.Text.Encodings.Web;
using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The place where a body of JSON names its model, so that another name can be put there.</summary>
internal static class ModelPlace
{
    /// <summary>The change that makes a body name another model; null where its beginning names none.</summary>
    /// <param name="head">The body, or its beginning.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    /// <param name="model">The other model.</param>
    public static BodyEdit? Put(ReadOnlySpan<byte> head, bool isWhole, string model)
    {
        var mark = head.Length - Utf8Text.WithoutMark(head).Length;
        var reader = new Utf8JsonReader(head[mark..], isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonMetadata.MaxDepth }));
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = JsonMetadata.NamesModel(ref reader);
                if (!reader.Read())
                {
                    return null;
                }

                if (isModel)
                {
                    var start = (int)reader.TokenStartIndex;
                    return new BodyEdit(mark + start, (int)reader.BytesConsumed - start, Quoted(model));
                }

                if (!reader.TrySkip())
                {
                    return null;
                }
            }
        }
        catch (JsonException)
        {
            // The upstream will say so
        }

        return null;
    }

    private static byte[] Quoted(string model) =>
        [(byte)'"', .. JsonEncodedText.Encode(model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
}
