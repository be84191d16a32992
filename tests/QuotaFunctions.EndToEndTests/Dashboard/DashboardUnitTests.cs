using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>The dashboard's own unit tests, which Vitest runs.</summary>
public sealed class DashboardUnitTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Formats_drafts_and_calls_are_right()
    {
        await using var tests = ChildProcess.Start("npm", ["test", "--silent"], Repository.PathOf("src", "QuotaFunctions", "Dashboard"));
        var code = await tests.WaitForExitAsync(TimeSpan.FromMinutes(3));
        output.WriteLine(tests.Log);
        Assert.Equal(0, code);
    }
}
