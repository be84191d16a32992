using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>What shellcheck says of the scripts, without running them.</summary>
public sealed class ScriptStyleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Shellcheck_has_nothing_to_object_to()
    {
        var scripts = Directory.GetFiles(Repository.PathOf("scripts"), "*.sh", SearchOption.AllDirectories);
        Assert.NotEmpty(scripts);
        await using var check = ChildProcess.Start(
            Repository.PathOf("scripts", "debian-program.sh"),
            ["shellcheck", "shellcheck", "--external-sources", "--source-path=SCRIPTDIR", .. scripts, Repository.PathOf(".ci", "run")],
            Repository.Root);
        var code = await check.WaitForExitAsync(TimeSpan.FromMinutes(2));
        output.WriteLine(check.Log);
        Assert.Equal(0, code);
    }
}
