using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>The section of docs/performance.md that this test writes.</summary>
internal static class Page
{
    private const string Begin = "<!-- overspend:begin -->";
    private const string End = "<!-- overspend:end -->";

    public static async Task WriteAsync(string text)
    {
        var path = Repository.PathOf("docs", "performance.md");
        var page = await File.ReadAllTextAsync(path);
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, $"{page[..begin]}\n{text}\n{page[end..]}");
    }
}
