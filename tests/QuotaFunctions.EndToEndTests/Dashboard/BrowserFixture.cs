namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>One browser for the tests of a class; each has a page, and so a storage, of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    internal Browser Browser { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Browser = await Browser.StartAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Browser.DisposeAsync();
}
