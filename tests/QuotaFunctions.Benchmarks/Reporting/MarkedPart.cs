namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>A part of a page that programs write, between two comments that bear its name.</summary>
internal static class MarkedPart
{
    /// <summary>Puts a text into its part of a page; all else stays. A page without that part gets it at its end.</summary>
    /// <param name="path">The page's file, which need not be there.</param>
    /// <param name="name">The part's name.</param>
    /// <param name="text">The new text.</param>
    public static void Write(string path, string name, string text)
    {
        var page = File.Exists(path) ? File.ReadAllText(path) : "";
        var (begin, end) = ($"<!-- {name}:begin -->", $"<!-- {name}:end -->");
        var part = $"{begin}\n{text}\n{end}";
        File.WriteAllText(path, page.Split(begin) is [var before, var rest] && rest.Split(end) is [_, var after] ? before + part + after : $"{page}{part}\n");
    }
}
