using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Hands the messages of Amazon's binary event streams on, each as a document: Bedrock's <c>converse-stream</c> and
/// <c>invoke-with-response-stream</c> are such streams. Checksums are for the client to check.
/// </summary>
/// <remarks>
/// A message is: its length, the length of its headers and a checksum of both (4 bytes each, the highest first); the headers; the payload; a
/// checksum. Source: "Event Stream Encoding" in the documentation of Amazon Transcribe and of Smithy.
/// </remarks>
/// <param name="watcher">Reads the documents.</param>
internal sealed class AwsEventStream(UsageWatcher watcher)
{
    /// <summary>The media type of such a stream.</summary>
    public const string MediaType = "application/vnd.amazon.eventstream";

    // Events are a few hundred bytes. A longer one carries no report: it is read past
    private const int MaxMessage = 256 * 1024;
    private const int PreludeLength = 12;
    private const int ChecksumLength = 4;

    private readonly ArrayBufferWriter<byte> _message = new(1024);
    private long _toSkip;
    private bool _isLost;

    /// <summary>Reads on.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_isLost)
        {
            var taken = _toSkip > 0 ? Skip(bytes) : Collect(bytes);
            bytes = bytes[taken..];
        }
    }

    private int Skip(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(_toSkip, bytes.Length);
        _toSkip -= length;
        return length;
    }

    private int Collect(ReadOnlySpan<byte> bytes)
    {
        var wanted = _message.WrittenCount < PreludeLength ? PreludeLength : (int)MessageLength;
        var piece = bytes[..Math.Min(bytes.Length, wanted - _message.WrittenCount)];
        _message.Write(piece);
        if (_message.WrittenCount == PreludeLength)
        {
            Begin();
        }
        else if (_message.WrittenCount > PreludeLength && _message.WrittenCount == MessageLength)
        {
            ReadMessage(_message.WrittenSpan);
            _message.ResetWrittenCount();
        }

        return piece.Length;
    }

    private long MessageLength => BinaryPrimitives.ReadUInt32BigEndian(_message.WrittenSpan);

    private long HeadersLength => BinaryPrimitives.ReadUInt32BigEndian(_message.WrittenSpan[4..]);

    private void Begin()
    {
        var length = MessageLength;
        _isLost = length < PreludeLength + HeadersLength + ChecksumLength;
        if (length > MaxMessage)
        {
            _toSkip = length - PreludeLength;
            _message.ResetWrittenCount();
        }
    }

    private void ReadMessage(ReadOnlySpan<byte> message)
    {
        var headers = message.Slice(PreludeLength, (int)HeadersLength);
        var payload = message[(PreludeLength + headers.Length)..^ChecksumLength];
        watcher.Read(Embedded(payload) ?? payload);
        watcher.Reset();
        if (HasHeader(headers, ":message-type"u8, "exception"u8) || HasHeader(headers, ":message-type"u8, "error"u8))
        {
            watcher.Fail();
        }

        if (HasHeader(headers, ":event-type"u8, "metadata"u8))
        {
            // The last of converse-stream
            watcher.End();
        }
    }

    /// <summary>The model's own event, which <c>invoke-with-response-stream</c> has in <c>bytes</c> as Base64; null where there is none.</summary>
    private static byte[]? Embedded(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isBytes = reader.ValueTextEquals("bytes"u8);
                reader.Read();
                if (isBytes && reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes))
                {
                    return bytes;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The client will see it
        }

        return null;
    }

    /// <summary>Whether a header has a text as its value. A header is: the length of its name, the name, the kind of its value (7 is a text), the value.</summary>
    private static bool HasHeader(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        const byte text = 7;
        var at = headers.IndexOf(name);
        var rest = at < 0 ? default : headers[(at + name.Length)..];
        return rest.Length >= 3 + value.Length && rest[0] == text
            && BinaryPrimitives.ReadUInt16BigEndian(rest[1..]) == value.Length && rest[3..].StartsWith(value);
    }
}
