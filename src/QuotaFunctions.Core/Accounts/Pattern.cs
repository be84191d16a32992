namespace QuotaFunctions.Core.Accounts;

/// <summary>Names with an optional <c>*</c> at the end that stands for any ending: <c>gpt-4o</c>, <c>gpt-*</c>, <c>/v1/chat/*</c>, <c>*</c>.</summary>
internal static class Pattern
{
    public static bool IsValid(string pattern) => pattern.Length > 0 && pattern.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == pattern.Length - 1);

    public static bool Matches(string pattern, string text, StringComparison comparison) => pattern.EndsWith('*')
        ? text.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), comparison)
        : text.Equals(pattern, comparison);
}
