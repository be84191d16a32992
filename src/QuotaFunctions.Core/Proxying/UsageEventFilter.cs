using System.Buffers;
using System.Text.Json;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Keeps from a client the event in which an API like OpenAI's reports the usage of a stream, as the client has not asked for it: the one
/// with <c>usage</c> and without any choice. An event is passed on when it is whole; one that is too long to be a report, as it comes.
/// </summary>
internal sealed class UsageEventFilter
{
    private const int MaxReport = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _event = new(1024);
    private readonly ArrayBufferWriter<byte> _out = new(1024);
    private bool _isLong;
    private bool _isInLine;
    private bool _afterReturn;

    /// <summary>Takes a piece of the answer. Returns what is to be sent by now, good until the next call.</summary>
    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> piece)
    {
        _out.ResetWrittenCount();
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? piece : piece[..(end + 1)];
            Add(line);
            if (end < 0)
            {
                (_isInLine, _afterReturn) = (true, false);
                break;
            }

            // What stands between a carriage return and its line feed is no empty line
            var isEmpty = end == 0 && !_isInLine && !(line[0] == '\n' && _afterReturn);
            (_isInLine, _afterReturn) = (false, line[end] == '\r');
            if (isEmpty)
            {
                EndEvent();
            }

            piece = piece[(end + 1)..];
        }

        return _out.WrittenMemory;
    }

    /// <summary>The answer has ended. Returns what is left of it.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _out.ResetWrittenCount();
        EndEvent();
        return _out.WrittenMemory;
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        if (!_isLong && _event.WrittenCount + line.Length > MaxReport)
        {
            _out.Write(_event.WrittenSpan);
            _event.ResetWrittenCount();
            _isLong = true;
        }

        (_isLong ? _out : _event).Write(line);
    }

    private void EndEvent()
    {
        if (!IsReport(_event.WrittenSpan))
        {
            _out.Write(_event.WrittenSpan);
        }

        _event.ResetWrittenCount();
        _isLong = false;
    }

    private static bool IsReport(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("\"usage\""u8) < 0 || text.IndexOf("\"choices\""u8) < 0)
        {
            return false;
        }

        // Its data stands in one line: OpenAI's does
        var start = text.IndexOf("data:"u8);
        var data = text[(start < 0 ? text.Length : start + "data:".Length)..];
        var end = data.IndexOfAny((byte)'\n', (byte)'\r');
        try
        {
            return IsReport(new Utf8JsonReader(end < 0 ? data : data[..end]));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsReport(Utf8JsonReader data)
    {
        var (hasUsage, hasNoChoice) = (false, false);
        data.Read();
        while (data.Read() && data.TokenType == JsonTokenType.PropertyName)
        {
            var (isUsage, isChoices) = (data.ValueTextEquals("usage"u8), data.ValueTextEquals("choices"u8));
            data.Read();
            hasUsage |= isUsage && data.TokenType == JsonTokenType.StartObject;
            if (isChoices && data.TokenType == JsonTokenType.StartArray)
            {
                data.Read();
                hasNoChoice = data.TokenType == JsonTokenType.EndArray;
                if (!hasNoChoice)
                {
                    return false;
                }
            }

            data.Skip();
        }

        return hasUsage && hasNoChoice;
    }
}
