using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Reads the facts of a JSON document that comes in pieces and is too large to be held. It hands the document on to the JSON reader with
/// its long texts cut, so it is as strict as that, and its memory does not grow with the document.
/// </summary>
internal sealed class JsonScanner
{
    // What is kept of a text: more than the longest name of a model has, each character escaped
    private const int MaxText = 4 * 1024;
    private const int BufferSize = 16 * 1024;

    private readonly JsonMetadata _facts = new();
    private readonly byte[] _buffer = new byte[BufferSize];
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = JsonMetadata.MaxDepth });
    private int _filled;
    private bool _hasBegun;
    private int _depth;
    private bool _inText;
    private bool _afterBackslash;
    private int _textLength;
    private int _maxTextLength;

    /// <summary>What was found so far.</summary>
    public RequestMetadata Facts => IsMalformed ? _facts.Facts with { IsMalformed = true } : _facts.Facts;

    /// <summary>Whether the document is malformed. Then nothing more is read.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether the object or array that the document is has ended. Then nothing more is read.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Reads on. Returns how many bytes it took: all of them, unless the document ended among them.</summary>
    public int Read(ReadOnlySpan<byte> piece)
    {
        var text = _hasBegun ? piece : Utf8Text.WithoutMark(piece);
        var i = piece.Length - text.Length;
        _hasBegun = true;
        while (i < piece.Length && !IsOver && !IsMalformed)
        {
            i += _inText ? ReadText(piece[i..]) : ReadStructure(piece[i]);
        }

        if (!IsOver)
        {
            Parse(isEnd: false);
        }

        return i;
    }

    /// <summary>There is no more to come.</summary>
    public void End()
    {
        if (!IsOver)
        {
            Parse(isEnd: true);
        }
    }

    private int ReadStructure(byte value)
    {
        switch (value)
        {
            case (byte)'"':
                _inText = true;
                _textLength = 0;
                _maxTextLength = MaxText;
                Add(value);
                break;
            case (byte)'{' or (byte)'[':
                _depth++;
                Add(value);
                break;
            case (byte)'}' or (byte)']':
                Add(value);
                if (--_depth <= 0)
                {
                    Parse(isEnd: true);
                    IsOver = true;
                }

                break;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                // One stands for all, so that they need no room
                if (_filled == 0 || _buffer[_filled - 1] != ' ')
                {
                    Add((byte)' ');
                }

                break;
            default:
                Add(value);
                break;
        }

        return 1;
    }

    private int ReadText(ReadOnlySpan<byte> bytes)
    {
        if (_afterBackslash)
        {
            _afterBackslash = false;
            if (_textLength <= _maxTextLength)
            {
                Add(bytes[0]);
                if (bytes[0] == 'u')
                {
                    // Its digits are not cut
                    _maxTextLength = Math.Max(_maxTextLength, _textLength + 4);
                }
            }

            return 1;
        }

        var end = bytes.IndexOfAny((byte)'"', (byte)'\\');
        var plain = end < 0 ? bytes : bytes[..end];
        foreach (var value in plain[..Math.Clamp(_maxTextLength - _textLength, 0, plain.Length)])
        {
            Add(value);
            _textLength++;
        }

        if (end < 0)
        {
            return bytes.Length;
        }

        if (bytes[end] == '"')
        {
            _inText = false;
            Add((byte)'"');
        }
        else
        {
            _afterBackslash = true;
            if (_textLength < _maxTextLength)
            {
                Add((byte)'\\');
                _textLength++;
            }
            else
            {
                // From here on nothing is kept
                _textLength = _maxTextLength + 1;
            }
        }

        return end + 1;
    }

    private void Add(byte value)
    {
        if (_filled == _buffer.Length)
        {
            Parse(isEnd: false);
            if (_filled == _buffer.Length)
            {
                // A number, or a word, without end
                IsMalformed = true;
                return;
            }
        }

        _buffer[_filled++] = value;
    }

    private void Parse(bool isEnd)
    {
        if (IsMalformed)
        {
            return;
        }

        var reader = new Utf8JsonReader(_buffer.AsSpan(0, _filled), isEnd, _state);
        if (!_facts.TryRead(ref reader))
        {
            IsMalformed = true;
            return;
        }

        _state = reader.CurrentState;
        var read = (int)reader.BytesConsumed;
        _buffer.AsSpan(read, _filled - read).CopyTo(_buffer);
        _filled -= read;
    }
}
