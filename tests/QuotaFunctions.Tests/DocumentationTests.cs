using System.Text.RegularExpressions;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests;

/// <summary>
/// What the pages must hold to. Commands stand in blocks of <c>sh</c>: DocumentedCommandsTests runs them, unless the block says in its first line
/// <c># Not run in the tests</c>, with why or where they are run.
/// </summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] Languages = ["sh", "console", "json", "yaml", "csharp", "js", "powershell", "promql", "kusto", "ini", "text", ""];

    private static readonly string[] Names =
    [
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Concat(Directory.GetFiles(Repository.Root, "*.md"))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Pages => [.. Names];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_are_in_blocks_that_are_run_or_say_that_they_are_not(string page) => Assert.All(Blocks().Matches(Read(page)), block =>
    {
        var (language, text) = (block.Groups[1].Value, block.Groups[2].Value);
        Assert.Contains(language, Languages);
        Assert.True(language.Length > 0 || !Command().IsMatch(text), $"Say sh for what is a command:\n{text}");
    });

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        foreach (Match link in Links().Matches(Blocks().Replace(Read(page), "")))
        {
            var target = link.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = target.Split('#');
            var file = parts[0].Length == 0 ? Repository.PathOf(page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{page}: {target} is not there.");
            Assert.True(parts.Length == 1 || Anchors(file).Contains(parts[1]), $"{page}: {target} has no such heading.");
        }
    }

    [Fact]
    public void The_list_in_README_has_every_page()
    {
        var listed = Links().Matches(Read("README.md")).Select(match => match.Groups[1].Value.Split('#')[0]).ToHashSet();
        Assert.All(Names.Where(page => page.StartsWith("docs/", StringComparison.Ordinal)), page => Assert.Contains(page, listed));
    }

    // As GitHub makes them; a heading that comes again gets a number
    private static HashSet<string> Anchors(string file)
    {
        var anchors = new HashSet<string>();
        foreach (Match heading in Headings().Matches(Blocks().Replace(File.ReadAllText(file).ReplaceLineEndings("\n"), "")))
        {
            var anchor = Dropped().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-');
            for (var number = 0; !anchors.Add(number == 0 ? anchor : $"{anchor}-{number}"); number++)
            {
            }
        }

        return anchors;
    }

    private static string Read(string page) => File.ReadAllText(Repository.PathOf(page.Split('/'))).ReplaceLineEndings("\n");

    [GeneratedRegex(@"^ *```([^\n]*)\n(.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^\s*(\./scripts/|curl |admin |dotnet |sudo |az |docker |npm |cd )", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Dropped();
}
