using System.Globalization;
using System.Text;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Finds the end of an answer of HTTP/1.1, with a length or in chunks, and keeps nothing of its body.</summary>
internal sealed class AnswerReader
{
    private readonly byte[] _head = new byte[16 * 1024];
    private int _headLength;
    private Part _part;
    private long _left;
    private int _lineLength;

    private enum Part
    {
        Head,
        Body,
        ChunkSize,
        Chunk,
        Trailer,
    }

    /// <summary>The status, once the head is there.</summary>
    public int Status { get; private set; }

    /// <summary>Whether some of the body was there.</summary>
    public bool HasBody { get; private set; }

    /// <summary>Begins with the next answer.</summary>
    public void Reset()
    {
        _headLength = 0;
        _part = Part.Head;
        HasBody = false;
    }

    /// <summary>Takes what came. True where that ends the answer.</summary>
    public bool Read(ReadOnlySpan<byte> data)
    {
        if (_part == Part.Head)
        {
            var taken = TakeHead(data);
            if (_part == Part.Head)
            {
                return false;
            }

            data = data[taken..];
            if (_part == Part.Body && _left == 0)
            {
                return true;
            }
        }

        HasBody |= !data.IsEmpty;
        return _part == Part.Body ? (_left -= data.Length) <= 0 : ReadChunks(data);
    }

    private int TakeHead(ReadOnlySpan<byte> data)
    {
        var before = _headLength;
        var taken = Math.Min(data.Length, _head.Length - before);
        data[..taken].CopyTo(_head.AsSpan(before));
        _headLength += taken;
        var end = _head.AsSpan(0, _headLength).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return _headLength < _head.Length ? taken : throw new InvalidDataException("The head of an answer is too long.");
        }

        ParseHead(_head.AsSpan(0, end));
        return end + 4 - before;
    }

    private void ParseHead(ReadOnlySpan<byte> head)
    {
        Status = int.Parse(head.Slice("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
        _part = Part.ChunkSize;
        _left = 0;
        _lineLength = 0;
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            var name = "content-length:"u8;
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                _part = Part.Body;
                _left = long.Parse(line[name.Length..].Trim((byte)' '), CultureInfo.InvariantCulture);
            }
        }
    }

    private bool ReadChunks(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_part == Part.Chunk)
            {
                var taken = (int)Math.Min(_left, data.Length);
                data = data[taken..];
                _left -= taken;
                _part = _left == 0 ? Part.ChunkSize : Part.Chunk;
                continue;
            }

            var character = data[0];
            data = data[1..];
            if (character != '\n')
            {
                TakeOfLine(character);
                continue;
            }

            if (_part == Part.Trailer)
            {
                if (_lineLength == 0)
                {
                    return true;
                }
            }
            else if (_left == 0)
            {
                _part = Part.Trailer;
            }
            else
            {
                _part = Part.Chunk;
                _left += 2;
            }

            _lineLength = 0;
        }

        return false;
    }

    private void TakeOfLine(byte character)
    {
        if (character == '\r')
        {
            return;
        }

        _lineLength++;
        if (_part == Part.ChunkSize)
        {
            _left = (_left * 16) + HexValue(character);
        }
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
