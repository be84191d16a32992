namespace QuotaFunctions.Core.Proxying;

/// <summary>How tokens are estimated where nobody reports them.</summary>
internal static class TokenEstimates
{
    /// <summary>What a picture, a sound or a file within JSON is taken to have at the most.</summary>
    public const long Attachment = 2_000;

    private const int BytesPerToken = 4;

    /// <summary>The tokens of a text.</summary>
    /// <param name="length">In bytes.</param>
    public static long OfText(long length) => length / BytesPerToken;
}
