using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Connects to a provider, and sends nothing: that costs nothing and needs no credential.</summary>
internal sealed class ProviderCheck(Provider provider, UpstreamConnector connector) : IDependencyCheck
{
    public string Name => $"provider:{provider.Name}";

    // The service works without it, for what goes to other providers
    public bool IsVital => false;

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var connection = await connector.ConnectAsync(provider.BaseUrl.IdnHost, provider.BaseUrl.Port, cancellationToken);
        await connection.DisposeAsync();
    }
}
