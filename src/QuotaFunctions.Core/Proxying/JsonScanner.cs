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
    private long _fullLength;
    private bool _isBase64;

    /// <summary>What was found so far.</summary>
    public RequestMetadata Facts => IsMalformed ? _facts.Facts with { IsMalformed = true } : _facts.Facts;

    /// <summary>Whether the document is malformed. Then nothing more is read.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether it stands within a long text that seems to be a picture, a sound or a file.</summary>
    public bool IsInAttachment => _inText && _isBase64 && _fullLength > MaxText && _facts.ExpectsAttachment;

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
                _fullLength = 0;
                _isBase64 = true;
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
            Measure(bytes[..1]);
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
        Measure(plain);
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
            EndText();
        }
        else
        {
            _afterBackslash = true;
            Measure(bytes[end..(end + 1)]);
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

    private void Measure(ReadOnlySpan<byte> plain)
    {
        var wasShort = _fullLength <= MaxText;
        _fullLength += plain.Length;
        if (_fullLength <= MaxText)
        {
            return;
        }

        if (wasShort)
        {
            // What comes before it is not to be told its length
            Parse(isEnd: false);
        }

        // What is kept is looked at when it is whole
        _isBase64 &= plain.IsEmpty || Attachments.IsBase64(wasShort ? plain[^(int)Math.Min(plain.Length, _fullLength - MaxText)..] : plain);
    }

    private void EndText()
    {
        _inText = false;
        Add((byte)'"');
        if (_fullLength > MaxText)
        {
            _facts.CutLength = _isBase64 ? _fullLength : 0;
            Parse(isEnd: false);
            _facts.CutLength = null;
        }
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
