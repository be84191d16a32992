using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>What schemas and linters say of the files for containers. Nothing is built or started: the machines of the tests have no Docker.</summary>
public sealed class ContainerFilesTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Dockerfile_compose_caddy_and_kubernetes_are_well_formed()
    {
        await using var check = ChildProcess.Start(Repository.PathOf("scripts", "check-containers.sh"), [], Repository.Root);
        var code = await check.WaitForExitAsync(TimeSpan.FromMinutes(3));
        output.WriteLine(check.Log);
        Assert.Equal(0, code);
    }
}
