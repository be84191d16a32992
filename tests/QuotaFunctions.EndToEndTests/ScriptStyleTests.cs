using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>What shellcheck says of the scripts and actionlint of the workflows, without running them.</summary>
public sealed class ScriptStyleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_to_be_objected_to()
    {
        await using var lint = ChildProcess.Start(Repository.PathOf("scripts", "lint.sh"), [], Repository.Root);
        var code = await lint.WaitForExitAsync(TimeSpan.FromMinutes(2));
        output.WriteLine(lint.Log);
        Assert.Equal(0, code);
    }
}
