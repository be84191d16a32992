using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Validation;

/// <summary>What names may look like that stand in settings and in keys alike.</summary>
internal static partial class NameRules
{
    /// <summary>The longest title, in characters.</summary>
    public const int MaxTitleLength = 200;

    /// <summary>True for what people may call a key, a pool or a tenant: 1 to 200 characters, none of them control characters, no blanks at the ends.</summary>
    public static bool IsTitle(string text) =>
        text.Length is > 0 and <= MaxTitleLength && !text.Any(char.IsControl) && text.AsSpan().Trim().Length == text.Length;

    /// <summary>True for what may be the name of a header: 1 to 64 letters, digits and <c>-</c>, a letter or digit first.</summary>
    public static bool IsHeader(string text) => Header().IsMatch(text);

    /// <summary>True for what may be the name of a parameter in a query: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, a letter or digit first.</summary>
    public static bool IsParameter(string text) => Parameter().IsMatch(text);

    /// <summary>True for what may be the name of a provider or an admin token: 1 to 32 letters, digits, <c>-</c> and <c>_</c>, a letter or digit first.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,63}\z")]
    private static partial Regex Header();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\z")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\z")]
    private static partial Regex Name();
}
