using System.Buffers.Text;
using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Finds in the JSON of an answer what an upstream says of tokens, wherever its API puts that. Of several reports the last counts, field by
/// field: Claude's streams tell the input first and the output last.
/// </summary>
internal sealed class UsageWatcher : StreamingJsonTokenizer
{
    // More than any request can use: beyond, the report is nonsense, and sums of it must not overflow
    private const long MaxReported = 1_000_000_000;

    // What the objects and arrays down to this depth are; usage stands in none deeper
    private readonly UsagePlace[] _places = new UsagePlace[8];
    private UsageName _name;
    private long? _total;
    private long? _input;
    private long? _output;
    private long _thoughts;
    private long _toolUse;
    private long _cacheWritten;
    private long _cacheRead;
    private long _cacheReadWithin;
    private long _cacheWrittenWithin;
    private long _cacheWrittenForLong;
    private bool _isInputWithoutCache;
    private bool _hasTokens;
    private bool _isNewReport;
    private int _documents;
    private bool _isLastDocument;
    private bool _isArray;

    /// <summary>Whether each document is an event of a stream.</summary>
    public bool IsStream { get; set; }

    /// <summary>The tokens used in all; null as long as nothing is said of them.</summary>
    public long? Total => _total ?? (Input is null && Output is null ? null : (Input ?? 0) + (Output ?? 0));

    /// <summary>The tokens read, those of a cache among them; null as long as nothing is said of them.</summary>
    public long? Input => _input is null && _toolUse == 0 ? null : (_input ?? 0) + _toolUse + (_isInputWithoutCache ? _cacheWritten + _cacheRead : 0);

    /// <summary>The tokens written, thoughts among them; null as long as nothing is said of them.</summary>
    public long? Output => _output is null && _thoughts == 0 ? null : (_output ?? 0) + _thoughts;

    /// <summary>
    /// The tokens by what they cost; null as long as nothing is said of them. What a total has beyond its parts counts as written, as thoughts that are
    /// told nowhere else are.
    /// </summary>
    public TokenUsage? Usage
    {
        get
        {
            if (Total is not { } total)
            {
                return null;
            }

            var input = Input ?? 0;
            var cached = Math.Min(input, Math.Max(_cacheRead, _cacheReadWithin));
            var written = Math.Min(input - cached, Math.Max(_cacheWritten, _cacheWrittenWithin));
            var writtenForLong = Math.Min(written, _cacheWrittenForLong);
            return new TokenUsage(input - cached - written, Math.Max(Output ?? 0, total - input))
            {
                CachedInput = cached,
                CacheWrite = written - writtenForLong,
                LongCacheWrite = writtenForLong,
                Total = total,
            };
        }
    }

    /// <summary>Bytes of the texts that a model wrote.</summary>
    public long TextLength { get; private set; }

    /// <summary>Whether the stream has said that it is over: no report follows.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the stream has told of an error.</summary>
    public bool HasError { get; private set; }

    protected override bool WantsText => _name is UsageName.Type or UsageName.Error;

    // In one document alone an error is the answer's own business, such as that of a stored one
    private bool IsEvent => IsStream || _isArray || _documents > 0;

    private UsagePlace Place => Depth > 0 && Depth < _places.Length ? _places[Depth] : UsagePlace.Elsewhere;

    /// <summary>The stream says that it is over, in other words than JSON.</summary>
    public void End() => IsOver = true;

    /// <summary>The stream says that it has failed, in other words than JSON.</summary>
    public void Fail() => HasError = true;

    protected override void OnReset() => EndDocument();

    protected override void OnOpened()
    {
        _isArray = Depth == 1 ? !InObject : _isArray;
        HasError |= _name == UsageName.Error && IsEvent;
        if (Depth >= _places.Length)
        {
            return;
        }

        _places[Depth] = Depth == 1 ? UsagePlace.Answer : UsageNames.PlaceIn(_places[Depth - 1], ParentIsObject, _name);
        _isNewReport |= _places[Depth] == UsagePlace.Usage;
    }

    protected override void OnClosed()
    {
        if (Depth == 0 && !IsStream)
        {
            EndDocument();
        }
    }

    protected override void OnName(ReadOnlySpan<byte> name) => _name = UsageNames.Of(Place, name);

    protected override void OnTextPassing(int length)
    {
        if (_name is UsageName.Text or UsageName.Answer)
        {
            TextLength += length;
        }
    }

    protected override void OnText(ReadOnlySpan<byte> beginning)
    {
        switch (_name)
        {
            case UsageName.StopReason:
                _isLastDocument = true;
                break;
            case UsageName.Type:
                _isLastDocument |= UsageNames.IsLast(beginning);
                HasError |= UsageNames.IsError(beginning) && IsEvent;
                break;
            case UsageName.Error:
                HasError |= !beginning.IsEmpty && IsEvent;
                break;
        }
    }

    protected override void OnTrue() => _isLastDocument |= _name == UsageName.Done;

    protected override void OnNumber(ReadOnlySpan<byte> number)
    {
        var isReport = Place is UsagePlace.Usage or UsagePlace.Details or UsagePlace.Billed || (Place == UsagePlace.Answer && _name is UsageName.OwnInput or UsageName.OwnOutput);
        if (!isReport || _name < UsageName.Total || (Place == UsagePlace.Billed && _hasTokens) || !TryParse(number, out var value))
        {
            return;
        }

        if (_isNewReport)
        {
            // A total belongs to the report that it stands in
            (_total, _isNewReport) = (null, false);
        }

        _hasTokens |= Place == UsagePlace.Usage;
        Take(value);
    }

    private void Take(long value)
    {
        switch (_name)
        {
            case UsageName.Total:
                _total = value;
                break;
            case UsageName.Input or UsageName.InputWithoutCache or UsageName.OwnInput:
                _input = value;
                _isInputWithoutCache = _name == UsageName.InputWithoutCache;
                break;
            case UsageName.Output or UsageName.OwnOutput:
                _output = value;
                break;
            case UsageName.Thoughts:
                _thoughts = value;
                break;
            case UsageName.ToolUse:
                _toolUse = value;
                break;
            case UsageName.CacheWritten:
                _cacheWritten = value;
                break;
            case UsageName.CacheRead:
                _cacheRead = value;
                break;
            case UsageName.CacheReadWithin:
                _cacheReadWithin = value;
                break;
            case UsageName.CacheWrittenWithin:
                _cacheWrittenWithin = value;
                break;
            case UsageName.CacheWrittenForLong:
                _cacheWrittenForLong = value;
                break;
        }
    }

    private void EndDocument()
    {
        _documents++;
        IsOver |= _isLastDocument;
        _isLastDocument = false;
        _name = UsageName.Other;
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
