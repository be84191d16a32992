using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Connects to a provider, and sends nothing: that costs nothing and needs no credential.</summary>
internal sealed class ProviderCheck(Provider provider, UpstreamConnector connector) : DependencyCheck
{
    /// <inheritdoc/>
    protected override async Task AskAsync(CancellationToken cancellationToken)
    {
        var connection = await connector.ConnectAsync(provider.BaseUrl.IdnHost, provider.BaseUrl.Port, cancellationToken);
        await connection.DisposeAsync();
    }
}
