using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Mailing;

/// <summary>What may be the id of a mail: it stands in keys of a table, in a header and in the name of a file.</summary>
public static partial class MailId
{
    /// <summary>True for 1 to 200 letters, digits and <c>. _ -</c>, a letter or digit first.</summary>
    public static bool IsValid(string text) => Id().IsMatch(text);

    /// <summary>True for what a picture may be called, which may have an <c>@</c>, too.</summary>
    internal static bool IsContentId(string text) => ContentId().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._@-]{0,199}\z")]
    private static partial Regex ContentId();
}
