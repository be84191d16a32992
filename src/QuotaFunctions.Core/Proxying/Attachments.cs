using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Tells pictures, sounds and files within JSON, which are written in base64, from other texts.</summary>
internal static class Attachments
{
    private const int MaxPrefix = 128;

    // With what JSON may put in between: \/ for a slash, \n for the end of a line
    private static readonly SearchValues<byte> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"u8);

    // Where APIs have them: a text by another name is one to be read, whatever it looks like
    private static readonly FrozenSet<string> Names = new[]
    {
        "data", "url", "image_url", "file_data", "images", "image", "mask", "audio", "b64_json", "bytes", "imageBytes", "videoBytes", "audioBytes", "bytesBase64Encoded",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly int MaxName = Names.Max(static name => name.Length);

    /// <summary>Whether a property of this name may hold one.</summary>
    public static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxName)
        {
            return false;
        }

        Span<char> text = stackalloc char[name.Length];
        return Encoding.UTF8.TryGetChars(name, text, out var length)
            && Names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[..length]);
    }

    /// <summary>Whether a text is one, or its beginning: base64, bare or in a <c>data:</c> URL.</summary>
    public static bool IsOne(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("data:"u8))
        {
            var end = text[..Math.Min(text.Length, MaxPrefix)].IndexOf(";base64,"u8);
            text = end < 0 ? default : text[(end + ";base64,".Length)..];
        }

        return IsBase64(text);
    }

    /// <summary>Whether a piece of a text may belong to one.</summary>
    public static bool IsBase64(ReadOnlySpan<byte> piece) => !piece.IsEmpty && !piece.ContainsAnyExcept(Base64);
}
