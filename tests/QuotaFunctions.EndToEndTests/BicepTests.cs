using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>What the Bicep compiler says of <c>infra/</c>.</summary>
public sealed class BicepTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_compiler_has_nothing_to_object_to_and_the_compiled_template_is_current()
    {
        await using var check = ChildProcess.Start(Repository.PathOf("scripts", "bicep.sh"), ["--check"], Repository.Root);
        var code = await check.WaitForExitAsync(TimeSpan.FromMinutes(3));
        output.WriteLine(check.Log);
        Assert.Equal(0, code);
    }
}
