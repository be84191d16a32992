using System.Buffers.Text;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Reads, as an answer passes, how many tokens it says were used: OpenAI's <c>usage</c>, Claude's (in its stream in two parts)
/// and Gemini's <c>usageMetadata</c>; in one JSON document, in several, or as server-sent events.
/// </summary>
internal sealed class TokenUsageReader
{
    // More than any request can use: beyond, the report is nonsense, and sums of it must not overflow
    private const long MaxReported = 1_000_000_000;

    private readonly UsageWatcher _watcher = new();
    private readonly EventStream? _events;

    private TokenUsageReader(bool isEventStream) => _events = isEventStream ? new EventStream(_watcher) : null;

    /// <summary>The tokens used in all; null as long as nothing is said of them.</summary>
    public long? Total => _watcher.Total
        ?? (_watcher.Input is null && _watcher.Output is null ? null : (_watcher.Input ?? 0) + (_watcher.Output ?? 0) + _watcher.Cached);

    /// <summary>The tokens read, those of a cache among them; null as long as nothing is said of them.</summary>
    public long? Input => _watcher.Input is { } input ? input + _watcher.Cached : null;

    /// <summary>The tokens written; null as long as nothing is said of them.</summary>
    public long? Output => _watcher.Output;

    /// <summary>A reader for an answer of this kind; null where none can read it.</summary>
    public static TokenUsageReader? For(string? mediaType, bool isEncoded)
    {
        if (isEncoded || mediaType is null)
        {
            return null;
        }

        if (mediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            return new TokenUsageReader(isEventStream: true);
        }

        return mediaType.Contains("json", StringComparison.OrdinalIgnoreCase) ? new TokenUsageReader(isEventStream: false) : null;
    }

    /// <summary>Reads on.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (_events is null)
        {
            _watcher.Read(bytes);
        }
        else
        {
            _events.Read(bytes);
        }
    }

    /// <summary>Hands the data of server-sent events on, each event as a document.</summary>
    private sealed class EventStream(StreamingJsonTokenizer watcher)
    {
        private int _column;
        private bool _isData;
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
            for (; !part.IsEmpty && _column < Data.Length; part = part[1..])
            {
                _isData = (_column == 0 || _isData) && part[0] == Data[_column];
                _column++;
                _afterReturn = false;
            }

            if (_isData && _column == Data.Length)
            {
                watcher.Read(part);
            }
        }

        private void EndLine(byte lineEnd)
        {
            // An empty line ends an event; what stands between a carriage return and its line feed is none
            if (_column == 0 && !(lineEnd == '\n' && _afterReturn))
            {
                watcher.Reset();
            }

            _afterReturn = lineEnd == '\r';
            _column = 0;
            _isData = false;
        }
    }

    private sealed class UsageWatcher : StreamingJsonTokenizer
    {
        // What the objects and arrays down to this depth are; usage stands in none deeper
        private readonly Place[] _places = new Place[5];
        private Name _name;
        private long _cacheWritten;
        private long _cacheRead;

        private enum Place
        {
            Elsewhere,
            Answer,
            Usage,
        }

        private enum Name
        {
            Other,
            Answer,
            Usage,
            Total,
            Input,
            Output,
            CacheWritten,
            CacheRead,
        }

        public long? Total { get; private set; }

        public long? Input { get; private set; }

        public long? Output { get; private set; }

        public long Cached => _cacheWritten + _cacheRead;

        protected override void OnOpened()
        {
            if (Depth >= _places.Length)
            {
                return;
            }

            var outer = Depth == 1 ? Place.Answer : _places[Depth - 1];
            _places[Depth] = (outer, ParentIsObject) switch
            {
                (Place.Answer, _) when Depth == 1 => Place.Answer,

                // Gemini streams one array of answers
                (Place.Answer, false) => Place.Answer,
                (Place.Answer, true) when _name == Name.Answer => Place.Answer,
                (Place.Answer, true) when _name == Name.Usage => Place.Usage,
                _ => Place.Elsewhere,
            };
        }

        protected override void OnName(ReadOnlySpan<byte> name) => _name = Depth >= _places.Length
            ? Name.Other
            : _places[Depth] switch
            {
                Place.Answer => OfAnswer(name),
                Place.Usage => OfUsage(name),
                _ => Name.Other,
            };

        protected override void OnNumber(ReadOnlySpan<byte> number)
        {
            if (Depth >= _places.Length || _places[Depth] != Place.Usage || !TryParse(number, out var value))
            {
                return;
            }

            switch (_name)
            {
                case Name.Total:
                    Total = value;
                    break;
                case Name.Input:
                    Input = value;
                    break;
                case Name.Output:
                    Output = value;
                    break;
                case Name.CacheWritten:
                    _cacheWritten = value;
                    break;
                case Name.CacheRead:
                    _cacheRead = value;
                    break;
            }
        }

        private static Name OfAnswer(ReadOnlySpan<byte> name)
        {
            if (name.SequenceEqual("usage"u8) || name.SequenceEqual("usageMetadata"u8))
            {
                return Name.Usage;
            }

            // OpenAI's streamed responses, and Claude's streamed messages, hold the answer in a property
            return name.SequenceEqual("response"u8) || name.SequenceEqual("message"u8) ? Name.Answer : Name.Other;
        }

        private static Name OfUsage(ReadOnlySpan<byte> name)
        {
            if (name.SequenceEqual("total_tokens"u8) || name.SequenceEqual("totalTokenCount"u8))
            {
                return Name.Total;
            }

            if (name.SequenceEqual("prompt_tokens"u8) || name.SequenceEqual("input_tokens"u8) || name.SequenceEqual("promptTokenCount"u8))
            {
                return Name.Input;
            }

            if (name.SequenceEqual("completion_tokens"u8) || name.SequenceEqual("output_tokens"u8) || name.SequenceEqual("candidatesTokenCount"u8))
            {
                return Name.Output;
            }

            // Claude counts these apart from its input
            return name.SequenceEqual("cache_creation_input_tokens"u8) ? Name.CacheWritten
                : name.SequenceEqual("cache_read_input_tokens"u8) ? Name.CacheRead
                : Name.Other;
        }

        private static bool TryParse(ReadOnlySpan<byte> number, out long value)
        {
            value = 0;
            if (!Utf8Parser.TryParse(number, out double parsed, out var length) || length != number.Length || !(parsed >= 0))
            {
                return false;
            }

            value = (long)Math.Min(Math.Ceiling(parsed), MaxReported);
            return true;
        }
    }
}
