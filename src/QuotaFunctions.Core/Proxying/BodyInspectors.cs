namespace QuotaFunctions.Core.Proxying;

/// <summary>Looks at the rest of a body as it passes, and says how much of it is to be sent.</summary>
internal interface IBodyInspector
{
    /// <summary>Looks at the next piece. Returns how much of it to send.</summary>
    /// <exception cref="ClientBodyException">The body must not be sent.</exception>
    int Inspect(ReadOnlySpan<byte> piece);

    /// <summary>The body has ended.</summary>
    /// <exception cref="ClientBodyException">It ended too early.</exception>
    void End();
}

/// <summary>
/// Takes care that a body of JSON which is too large to be held names no second <c>model</c> beyond what is held, and is JSON to its end: what was
/// allowed and priced is what the upstream gets.
/// </summary>
internal sealed class SingleModelInspector : IBodyInspector
{
    private readonly JsonScanner _scanner = new();

    /// <summary>Looks at the beginning.</summary>
    public SingleModelInspector(ReadOnlySpan<byte> head) => Read(head);

    /// <summary>What was found so far.</summary>
    public RequestMetadata Facts => _scanner.Facts;

    /// <summary>Whether the body has pictures, sounds or files, as far as it was read: it has to be read to its end to be estimated.</summary>
    public bool HasAttachments => Facts.TokensBeyondFlat > 0 || _scanner.IsInAttachment;

    private bool HasMore { get; set; }

    /// <summary>Reads on, and judges nothing.</summary>
    public void Read(ReadOnlySpan<byte> piece)
    {
        var after = piece[_scanner.Read(piece)..];
        HasMore |= _scanner.IsOver && after.ContainsAnyExcept(JsonText.Blanks);
    }

    /// <summary>The body has ended. Returns what was found in all.</summary>
    public RequestMetadata Conclude()
    {
        _scanner.End();
        return HasMore ? Facts with { IsMalformed = true } : Facts;
    }

    /// <inheritdoc/>
    public int Inspect(ReadOnlySpan<byte> piece)
    {
        Read(piece);
        JsonText.Check(HasMore ? Facts with { IsMalformed = true } : Facts);
        return piece.Length;
    }

    /// <inheritdoc/>
    public void End() => JsonText.Check(Conclude());
}

/// <summary>The same for the body in an envelope, which it lets pass to its last bracket, and then nothing but the envelope's end.</summary>
internal sealed class EnvelopeInspector : IBodyInspector
{
    private readonly JsonScanner _scanner = new();
    private bool _isOver;

    /// <summary>Looks at the beginning of the body.</summary>
    public EnvelopeInspector(ReadOnlySpan<byte> head) => _scanner.Read(head);

    /// <inheritdoc cref="SingleModelInspector.HasAttachments"/>
    public bool HasAttachments => Facts.TokensBeyondFlat > 0 || _scanner.IsInAttachment;

    /// <summary>What was found so far.</summary>
    public RequestMetadata Facts => _scanner.Facts;

    /// <inheritdoc/>
    public int Inspect(ReadOnlySpan<byte> piece)
    {
        var length = _scanner.IsOver ? 0 : _scanner.Read(piece);
        JsonText.Check(Facts);
        foreach (var value in piece[length..])
        {
            if (value == '}' && !_isOver)
            {
                _isOver = true;
            }
            else if (!JsonText.Blanks.Contains(value))
            {
                throw ClientBodyException.Invalid("body", $"must be the last field when it is larger than {ClientBody.MaxHead} bytes.");
            }
        }

        return length;
    }

    /// <inheritdoc/>
    public void End()
    {
        if (!_isOver)
        {
            throw ClientBodyException.Invalid("body", "is not valid JSON.");
        }
    }
}

/// <summary>What both inspectors ask of JSON.</summary>
internal static class JsonText
{
    /// <summary>What may stand before a text begins: blanks, and of what byte order marks and the zeros of wider characters consist.</summary>
    public static System.Buffers.SearchValues<byte> Insignificant { get; } = System.Buffers.SearchValues.Create([0xEF, 0xBB, 0xBF, 0xFE, 0xFF, 0, .. " \t\r\n"u8]);

    /// <summary>What may stand between tokens.</summary>
    public static System.Buffers.SearchValues<byte> Blanks { get; } = System.Buffers.SearchValues.Create(" \t\r\n"u8);

    /// <summary>Refuses what is no JSON or names a model more than once.</summary>
    /// <exception cref="ClientBodyException">It does.</exception>
    public static void Check(RequestMetadata facts)
    {
        if (facts.IsMalformed)
        {
            throw ClientBodyException.Invalid("body", "is not valid JSON.");
        }

        if (facts.Models > 1)
        {
            throw ClientBodyException.Invalid("model", "stands more than once.");
        }
    }
}
