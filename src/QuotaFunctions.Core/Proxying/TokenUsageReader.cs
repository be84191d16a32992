using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Reads, as an answer passes, how many tokens it says were used, in JSON (one document, several, or an array of them), in server-sent
/// events or in Amazon's event streams. Which of the first two it is, the content says.
/// </summary>
internal sealed class TokenUsageReader
{
    private readonly UsageWatcher _watcher = new();
    private Action<ReadOnlySpan<byte>>? _read;
    private long _length;

    private TokenUsageReader()
    {
    }

    /// <inheritdoc cref="UsageWatcher.Total"/>
    public long? Total => _watcher.Total;

    /// <inheritdoc cref="UsageWatcher.Input"/>
    public long? Input => _watcher.Input;

    /// <inheritdoc cref="UsageWatcher.Output"/>
    public long? Output => _watcher.Output;

    /// <inheritdoc cref="UsageWatcher.Usage"/>
    public TokenUsage? Usage => _watcher.Usage;

    /// <inheritdoc cref="UsageWatcher.IsOver"/>
    public bool IsOver => _watcher.IsOver;

    /// <inheritdoc cref="UsageWatcher.HasError"/>
    public bool HasError => _watcher.HasError;

    /// <summary>How many tokens have passed, by the length of what a model wrote; where no such text is found, by that of the answer.</summary>
    public long Passed => TokenEstimates.OfText(_watcher.TextLength > 0 ? _watcher.TextLength : _length);

    /// <summary>A reader for an answer; null where none can read it.</summary>
    /// <param name="isEncoded">Whether it is compressed.</param>
    /// <param name="mediaType">Its media type, where it names one.</param>
    public static TokenUsageReader? For(bool isEncoded, string? mediaType = null)
    {
        if (isEncoded)
        {
            return null;
        }

        var reader = new TokenUsageReader();
        if (AwsEventStream.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase))
        {
            reader._watcher.IsStream = true;
            reader._read = new AwsEventStream(reader._watcher).Read;
        }

        return reader;
    }

    /// <summary>Reads on.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        if (_read is null)
        {
            var start = bytes.IndexOfAnyExcept(JsonText.Insignificant);
            if (start < 0)
            {
                return;
            }

            bytes = bytes[start..];
            _read = ReaderFor(bytes[0]);
        }

        _read(bytes);
    }

    private Action<ReadOnlySpan<byte>> ReaderFor(byte first)
    {
        switch (first)
        {
            case (byte)'{' or (byte)'[':
                return _watcher.Read;

            // A field of an event, or a comment
            case (byte)'d' or (byte)'e' or (byte)'i' or (byte)'r' or (byte)':':
                _watcher.IsStream = true;
                return new EventStream(_watcher).Read;
            default:
                return static _ => { };
        }
    }

    /// <summary>Hands the data of server-sent events on, each event as a document.</summary>
    private sealed class EventStream(UsageWatcher watcher)
    {
        // The beginning of a line: more than the longest that has a meaning of its own
        private readonly byte[] _line = new byte[16];
        private int _column;
        private bool _afterReturn;

        private static ReadOnlySpan<byte> Data => "data:"u8;

        public void Read(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
                ReadLine(end < 0 ? bytes : bytes[..end]);
                if (end < 0)
                {
                    return;
                }

                EndLine(bytes[end]);
                bytes = bytes[(end + 1)..];
            }
        }

        private void ReadLine(ReadOnlySpan<byte> part)
        {
            if (part.IsEmpty)
            {
                return;
            }

            _afterReturn = false;
            if (_column < _line.Length)
            {
                part[..Math.Min(part.Length, _line.Length - _column)].CopyTo(_line.AsSpan(_column));
            }

            var inName = Math.Clamp(Data.Length - _column, 0, part.Length);
            _column = Math.Min(_column + part.Length, _line.Length + 1);
            if (_column >= Data.Length && _line.AsSpan().StartsWith(Data))
            {
                watcher.Read(part[inName..]);
            }
        }

        private void EndLine(byte lineEnd)
        {
            // An empty line ends an event; what stands between a carriage return and its line feed is none
            if (_column == 0 && !(lineEnd == '\n' && _afterReturn))
            {
                watcher.Reset();
            }

            if (IsLine("data"u8, "[DONE]"u8))
            {
                watcher.End();
            }

            if (IsLine("event"u8, "error"u8))
            {
                watcher.Fail();
            }

            _afterReturn = lineEnd == '\r';
            _column = 0;
        }

        private bool IsLine(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            var line = _line.AsSpan(0, Math.Min(_column, _line.Length));
            return _column <= _line.Length && line.Length > field.Length && line.StartsWith(field) && line[field.Length] == ':'
                && line[(field.Length + 1)..].Trim((byte)' ').SequenceEqual(value);
        }
    }
}
