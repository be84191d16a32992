namespace QuotaFunctions.Core.Validation;

/// <summary>What texts in UTF-8 have in common.</summary>
public static class Utf8Text
{
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The text without the byte order mark that it may begin with.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith(Mark) ? text[Mark.Length..] : text;
}
