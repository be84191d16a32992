using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying.Sdks;

/// <summary>The vendors' own SDKs, unmodified but for the base URL and the key: <c>sdks.mjs</c> says what each call comes to.</summary>
[Collection(ProxyFixture.Name)]
public sealed class SdkTests(ProxyFixture fixture)
{
    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("google")]
    public async Task Every_call_works_and_comes_to_what_it_used(string vendor)
    {
        await using var sdks = ChildProcess.StartNode(
            [Repository.PathOf("tests", "QuotaFunctions.EndToEndTests", "Proxying", "Sdks", "sdks.mjs"), vendor, fixture.Host.BaseAddress.ToString(), AppSettings.AdminToken],
            Repository.Root);

        var exit = await sdks.WaitForExitAsync(TimeSpan.FromMinutes(2));

        Assert.True(exit == 0, sdks.Log);
    }
}
