using Xunit;

namespace QuotaFunctions.TestSupport;

/// <summary>One Azurite for all tests of a class, or of a collection. Tests keep apart by table and queue names of their own.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private AzuriteProcess? _azurite;

    /// <summary>The running Azurite.</summary>
    public AzuriteProcess Azurite => _azurite ?? throw new InvalidOperationException("The fixture has not been started");

    /// <summary>Its connection string.</summary>
    public string ConnectionString => Azurite.ConnectionString;

    /// <summary>A name that no other test uses: lower case letters and digits, valid for tables and queues.</summary>
    public static string UniqueName(string prefix = "t") => $"{prefix}{Guid.NewGuid():N}"[..24];

    /// <inheritdoc/>
    public async Task InitializeAsync() => _azurite = await AzuriteProcess.StartAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync().ConfigureAwait(false);
        }
    }
}
