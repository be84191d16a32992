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
/// Takes care that a body of JSON which is too large to be held names no <c>model</c> beyond what is held: what was allowed and
/// priced is what the upstream gets.
/// </summary>
internal sealed class SingleModelInspector : IBodyInspector
{
    private readonly BodyWatcher _watcher;

    /// <summary>Looks at the beginning.</summary>
    public SingleModelInspector(ReadOnlySpan<byte> head) => _watcher = new BodyWatcher(head);

    /// <inheritdoc/>
    public int Inspect(ReadOnlySpan<byte> piece)
    {
        // What follows the document is the upstream's business
        _watcher.Read(piece);
        return piece.Length;
    }

    /// <inheritdoc/>
    public void End()
    {
    }
}

/// <summary>The same for the body in an envelope, which it lets pass to its last bracket, and then nothing but the envelope's end.</summary>
internal sealed class EnvelopeInspector : IBodyInspector
{
    private readonly BodyWatcher _watcher;
    private bool _isOver;

    /// <summary>Looks at the beginning of the body.</summary>
    public EnvelopeInspector(ReadOnlySpan<byte> head) => _watcher = new BodyWatcher(head);

    /// <inheritdoc/>
    public int Inspect(ReadOnlySpan<byte> piece)
    {
        var length = _watcher.IsOver ? 0 : _watcher.Read(piece);
        foreach (var value in piece[length..])
        {
            if (value == '}' && !_isOver)
            {
                _isOver = true;
            }
            else if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
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

/// <summary>Watches one document; stops at its end.</summary>
internal sealed class BodyWatcher : JsonWatcher
{
    private readonly bool _isBeyondHead;

    public BodyWatcher(ReadOnlySpan<byte> head)
    {
        Read(head);
        _isBeyondHead = true;
    }

    /// <summary>Whether the document has ended.</summary>
    public bool IsOver { get; private set; }

    /// <inheritdoc/>
    protected override void OnName(ReadOnlySpan<byte> name)
    {
        if (_isBeyondHead && Depth == 1 && name.SequenceEqual("model"u8))
        {
            throw ClientBodyException.Invalid("model", $"must stand once, and within the first {ClientBody.MaxHead} bytes.");
        }
    }

    /// <inheritdoc/>
    protected override bool OnClosed()
    {
        IsOver = Depth == 0;
        return !IsOver;
    }
}
