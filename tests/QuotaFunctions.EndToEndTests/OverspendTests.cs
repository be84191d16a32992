using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>
/// A quota that many clients use up while processes are killed and storage drops answers: nothing is oversold, lost or charged twice.
/// scripts/overspend.sh runs the long one, beside what the service is compared to.
/// </summary>
[Collection(Name)]
public sealed class OverspendTests(ITestOutputHelper output)
{
    private const string Name = "overspend";

    [Fact]
    public async Task Nothing_is_oversold_lost_or_charged_twice()
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Repository.PathOf("artifacts", "bin", "QuotaFunctions.Benchmarks", configuration, "QuotaFunctions.Benchmarks.dll");
        await using var test = ChildProcess.Start("dotnet", [program, "overspend", "--quick", "quotafunctions", "idempotency"], Repository.Root);
        var code = await test.WaitForExitAsync(TimeSpan.FromMinutes(5));
        output.WriteLine(test.Log);
        Assert.Equal(0, code);
    }

    /// <summary>After the other tests, and alone: it takes all that the machine has.</summary>
    [CollectionDefinition(Name, DisableParallelization = true)]
    public sealed class Alone;
}
