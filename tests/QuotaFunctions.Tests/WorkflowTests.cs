using System.Text.RegularExpressions;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests;

/// <summary>What the workflows must hold to. That they are well-formed is said by actionlint (<c>scripts/lint.sh</c>).</summary>
public sealed partial class WorkflowTests
{
    private static readonly string[] Names =
        [.. Directory.GetFiles(Repository.PathOf(".github", "workflows")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Workflows => [.. Names];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Actions_are_pinned_by_their_commit_with_the_version_beside_it(string workflow)
    {
        var uses = Uses().Matches(Read(workflow)).Select(match => match.Groups[1].Value.Trim()).ToList();
        Assert.NotEmpty(uses);
        Assert.All(uses, action => Assert.Matches(@"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", action));
    }

    [Fact]
    public void An_action_has_one_version_everywhere()
    {
        var actions = Names.SelectMany(workflow => Uses().Matches(Read(workflow))).Select(match => match.Groups[1].Value.Trim()).Distinct().ToList();
        Assert.All(actions.GroupBy(action => action[..action.IndexOf('@')]), versions => Assert.Single(versions));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Jobs_have_their_own_permissions_and_a_time_out(string workflow)
    {
        var text = Read(workflow);
        Assert.Contains("\npermissions: {}\n", text, StringComparison.Ordinal);
        Assert.Contains("\nconcurrency:\n", text, StringComparison.Ordinal);
        var jobs = Jobs().Split(text[text.IndexOf("\njobs:\n", StringComparison.Ordinal)..])[1..];
        Assert.NotEmpty(jobs);
        Assert.All(jobs, job =>
        {
            Assert.Contains("\n    permissions:\n", job, StringComparison.Ordinal);
            Assert.Contains("\n    timeout-minutes: ", job, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Scripts_that_they_run_are_there(string workflow) => Assert.All(
        Scripts().Matches(Read(workflow)).Select(match => match.Value),
        script => Assert.True(File.Exists(Repository.PathOf(script.Split('/'))), $"{script} is not there."));

    [Theory]
    [InlineData("npm", "package-lock.json")]
    [InlineData("docker", "Dockerfile")]
    [InlineData("docker-compose", "compose.yaml")]
    [InlineData("nuget", "Directory.Packages.props")]
    public void Dependabot_watches_every_folder_with_something_to_update(string ecosystem, string file)
    {
        var dependabot = File.ReadAllText(Repository.PathOf(".github", "dependabot.yml")).ReplaceLineEndings("\n");
        var watched = Watched().Matches(dependabot).Where(match => match.Groups[1].Value == ecosystem)
            .SelectMany(match => match.Groups[2].Value.Split(", ")).Order(StringComparer.Ordinal);
        var folders = Directory.EnumerateFiles(Repository.Root, file, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 })
            .Select(path => "/" + Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(path)!).Replace(Path.DirectorySeparatorChar, '/').TrimStart('.'))
            .Where(folder => !folder.Contains("node_modules", StringComparison.Ordinal) && !folder.StartsWith("/artifacts", StringComparison.Ordinal));
        Assert.Equal(folders.Order(StringComparer.Ordinal), watched);
    }

    private static string Read(string workflow) => File.ReadAllText(Repository.PathOf(".github", "workflows", workflow)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"^\s*-?\s*uses:(.*)$", RegexOptions.Multiline)]
    private static partial Regex Uses();

    [GeneratedRegex(@"package-ecosystem: ([\w-]+)\n    director(?:y|ies): \[?([^\]\n]+)")]
    private static partial Regex Watched();

    [GeneratedRegex(@"\n  (?=[\w-]+:\n)")]
    private static partial Regex Jobs();

    [GeneratedRegex(@"scripts/[\w.-]+|\.ci/[\w.-]+")]
    private static partial Regex Scripts();
}
