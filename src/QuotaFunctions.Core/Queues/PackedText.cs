using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text;

namespace QuotaFunctions.Core.Queues;

/// <summary>
/// The text of a queue's message: as it is where it fits, else compressed by Brotli (RFC 7932), in Base64 behind a mark. Each message costs some calls
/// to storage, whatever is in it.
/// </summary>
internal static class PackedText
{
    /// <summary>A message's text at the most, in bytes: 48 KiB, which is 64 KiB in the Base64 that the queue is sent.</summary>
    public const int MaxBytes = 48 * 1024;

    // JSON begins with neither
    private const string Mark = "br:";

    private const int MaxPacked = (MaxBytes - 4) / 4 * 3;

    // The fastest, with a window of 256 KiB
    private const int Quality = 1;
    private const int Window = 18;

    // How many times as long as the packed one the text of a message of the log usually is
    private const int UsualRatio = 8;

    /// <summary>Makes a message's text. False where it does not fit into one.</summary>
    /// <param name="text">UTF-8 that does not begin with the mark.</param>
    /// <param name="message">The message's text.</param>
    public static bool TryPack(ReadOnlySpan<byte> text, [NotNullWhen(true)] out string? message)
    {
        message = null;
        if (text.Length <= MaxBytes)
        {
            message = Encoding.UTF8.GetString(text);
            return true;
        }

        Span<byte> packed = new byte[MaxPacked];
        if (BrotliEncoder.TryCompress(text, packed, out var written, Quality, Window))
        {
            message = Mark + Convert.ToBase64String(packed[..written]);
        }

        return message is not null;
    }

    /// <summary>The text that was packed, as UTF-8; any other message as it is.</summary>
    /// <exception cref="FormatException">It is marked, and was not made by <see cref="TryPack"/>.</exception>
    public static ReadOnlyMemory<byte> Unpack(string message)
    {
        if (!message.StartsWith(Mark, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(message);
        }

        var packed = Convert.FromBase64String(message[Mark.Length..]);
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var text = new MemoryStream(packed.Length * UsualRatio);
        try
        {
            brotli.CopyTo(text);
            return text.GetBuffer().AsMemory(0, (int)text.Length);
        }
        catch (InvalidOperationException damaged)
        {
            throw new FormatException("The message is damaged.", damaged);
        }
    }
}
