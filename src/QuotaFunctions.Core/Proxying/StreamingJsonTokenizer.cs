using System.Buffers;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Watches JSON go by, piece by piece, and tells what it passes: properties, numbers, texts, where objects and arrays begin and end.
/// It keeps no text but the beginning of the one that it is in, so its memory does not grow with the document, and it is not strict:
/// the receiver of the document judges whether it is well-formed.
/// </summary>
internal abstract class StreamingJsonTokenizer
{
    private const int MaxDepth = 512;
    private const int MaxToken = 64;
    private static readonly SearchValues<byte> InString = SearchValues.Create("\"\\"u8);

    // Of each object and array that is open, whether it is an object: a bit, as each answer has a tokenizer of its own
    private readonly ulong[] _objects = new ulong[(MaxDepth / 64) + 1];
    private readonly byte[] _token = new byte[MaxToken];
    private int _tokenLength;
    private State _state;
    private bool _isName;
    private bool _expectsName;
    private bool _isKept;
    private int _escapeDigits;
    private int _escaped;

    private enum State
    {
        Between,
        Text,
        Escape,
        EscapeDigits,
        Number,
        Lost,
    }

    /// <summary>How many objects and arrays are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether the innermost of them is an object.</summary>
    protected bool InObject => IsObject(Depth);

    /// <summary>Whether the one around it is an object.</summary>
    protected bool ParentIsObject => Depth > 0 && IsObject(Depth - 1);

    /// <summary>Begins a new document.</summary>
    public void Reset()
    {
        Depth = 0;
        _state = State.Between;
        _expectsName = false;
        OnReset();
    }

    /// <summary>Reads on.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        var i = 0;
        while (i < bytes.Length && _state != State.Lost)
        {
            switch (_state)
            {
                case State.Text:
                    i += ReadText(bytes[i..]);
                    break;
                case State.Escape:
                    ReadEscape(bytes[i++]);
                    break;
                case State.EscapeDigits:
                    ReadEscapeDigit(bytes[i++]);
                    break;
                case State.Number when IsNumber(bytes[i]):
                    Keep(bytes[i++]);
                    break;
                case State.Number:
                    _state = State.Between;
                    OnNumber(Token);
                    break;
                default:
                    ReadBetween(bytes[i++]);
                    break;
            }
        }
    }

    /// <summary>Whether the text that begins, a value, is to be told of by its beginning. Otherwise it is told of as empty.</summary>
    protected virtual bool WantsText => false;

    /// <summary>A new document begins.</summary>
    protected virtual void OnReset() { }

    /// <summary>An object or array begins; <see cref="Depth"/> counts it.</summary>
    protected virtual void OnOpened() { }

    /// <summary>An object or array ends; <see cref="Depth"/> does not count it any more.</summary>
    protected virtual void OnClosed() { }

    /// <summary>A property of the innermost object. Of names longer than any that matters only the beginning.</summary>
    protected virtual void OnName(ReadOnlySpan<byte> name) { }

    /// <summary>A number: an array's element, or a property's value.</summary>
    protected virtual void OnNumber(ReadOnlySpan<byte> number) { }

    /// <summary>So many bytes of a text that is a value pass.</summary>
    protected virtual void OnTextPassing(int length) { }

    /// <summary>A text that is a value has ended: its beginning, where it is wanted.</summary>
    protected virtual void OnText(ReadOnlySpan<byte> beginning) { }

    /// <summary>The word <c>true</c>.</summary>
    protected virtual void OnTrue() { }

    private bool IsObject(int depth) => (_objects[depth / 64] & (1UL << (depth % 64))) != 0;

    private ReadOnlySpan<byte> Token => _token.AsSpan(0, _tokenLength);

    private static bool IsNumber(byte value) => value is >= (byte)'0' and <= (byte)'9' or (byte)'.' or (byte)'-' or (byte)'+' or (byte)'e' or (byte)'E';

    private void ReadBetween(byte value)
    {
        switch (value)
        {
            case (byte)'{' or (byte)'[':
                Open(isObject: value == '{');
                break;
            case (byte)'}' or (byte)']':
                Close();
                break;
            case (byte)',':
                _expectsName = InObject;
                break;
            case (byte)'"':
                _state = State.Text;
                _isName = _expectsName;
                _expectsName = false;
                _isKept = _isName || WantsText;
                _tokenLength = 0;
                break;
            case (byte)'t':
                // No other word has one
                OnTrue();
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                _state = State.Number;
                _tokenLength = 0;
                Keep(value);
                break;
        }
    }

    private void Open(bool isObject)
    {
        if (Depth == MaxDepth)
        {
            _state = State.Lost;
            return;
        }

        Depth++;
        var bit = 1UL << (Depth % 64);
        _objects[Depth / 64] = isObject ? _objects[Depth / 64] | bit : _objects[Depth / 64] & ~bit;
        _expectsName = isObject;
        OnOpened();
    }

    private void Close()
    {
        if (Depth == 0)
        {
            _state = State.Lost;
            return;
        }

        Depth--;
        _expectsName = false;
        OnClosed();
    }

    private int ReadText(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny(InString);
        var text = end < 0 ? bytes : bytes[..end];
        if (!_isName)
        {
            OnTextPassing(text.Length);
        }

        if (_isKept)
        {
            var kept = text[..Math.Min(text.Length, MaxToken - _tokenLength)];
            kept.CopyTo(_token.AsSpan(_tokenLength));
            _tokenLength += kept.Length;
        }

        if (end < 0)
        {
            return bytes.Length;
        }

        if (bytes[end] == '\\')
        {
            _state = State.Escape;
        }
        else
        {
            _state = State.Between;
            if (_isName)
            {
                OnName(Token);
            }
            else
            {
                OnText(Token);
            }
        }

        return end + 1;
    }

    private void ReadEscape(byte value)
    {
        if (value == 'u')
        {
            _state = State.EscapeDigits;
            _escapeDigits = 0;
            _escaped = 0;
            return;
        }

        // \n and its like stand in no name that matters
        _state = State.Text;
        KeepOfText(value is (byte)'"' or (byte)'\\' or (byte)'/' ? value : (byte)' ');
    }

    private void ReadEscapeDigit(byte value)
    {
        _escaped = (_escaped << 4) | (HexDigit(value) & 0xf);
        if (++_escapeDigits == 4)
        {
            _state = State.Text;
            KeepOfText(_escaped < 0x80 ? (byte)_escaped : (byte)'?');
        }
    }

    private static int HexDigit(byte value) => value <= '9' ? value - '0' : (value | 0x20) - 'a' + 10;

    private void KeepOfText(byte value)
    {
        if (_isKept)
        {
            Keep(value);
        }
    }

    private void Keep(byte value)
    {
        if (_tokenLength < MaxToken)
        {
            _token[_tokenLength++] = value;
        }
    }
}
