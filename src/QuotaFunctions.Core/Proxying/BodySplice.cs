namespace QuotaFunctions.Core.Proxying;

/// <summary>Changes one place of a request's body; every other byte of it stays to the letter.</summary>
internal static class BodySplice
{
    /// <summary>A copy of a body with a text in place of a part of it.</summary>
    /// <param name="body">The body, or its beginning.</param>
    /// <param name="start">Where the part begins, in bytes.</param>
    /// <param name="length">Its length in bytes; 0 puts the text between two bytes.</param>
    /// <param name="text">What stands there instead.</param>
    public static ReadOnlyMemory<byte> Splice(ReadOnlyMemory<byte> body, int start, int length, ReadOnlySpan<byte> text)
    {
        var changed = new byte[body.Length - length + text.Length];
        body.Span[..start].CopyTo(changed);
        text.CopyTo(changed.AsSpan(start));
        body.Span[(start + length)..].CopyTo(changed.AsSpan(start + text.Length));
        return changed;
    }
}
