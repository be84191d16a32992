using System.Collections.Frozen;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A client for each provider.</summary>
internal sealed class UpstreamClients : IDisposable
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    // Below what upstreams and the load balancers in front of them allow: who closes an idle connection first loses no request
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan MaxDrain = TimeSpan.FromSeconds(1);

    private readonly FrozenDictionary<string, UpstreamClient> _clients;

    /// <summary>With connections of each provider's own.</summary>
    public UpstreamClients(ProviderCatalog catalog, UpstreamConnector connector, TimeProvider time, ILogger<UpstreamClient> logger)
        : this(catalog, provider => CreateHandler(provider, connector), time, logger)
    {
    }

    /// <summary>With handlers of the caller's choice.</summary>
    internal UpstreamClients(ProviderCatalog catalog, Func<Provider, HttpMessageHandler> createHandler, TimeProvider time, ILogger<UpstreamClient> logger) =>
        _clients = catalog.Providers.ToFrozenDictionary(provider => provider.Name, provider => new UpstreamClient(provider, createHandler(provider), time, logger));

    /// <summary>The client of a provider.</summary>
    public UpstreamClient Of(Provider provider) => _clients[provider.Name];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static SocketsHttpHandler CreateHandler(Provider provider, UpstreamConnector connector) => new()
    {
        // The answer goes to the client as it is: it decides on redirects, cookies and what it can decompress
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,

        // Through a proxy it would be the proxy that resolves the name, and no address could be checked
        UseProxy = false,
        ConnectCallback = connector.ConnectAsync,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new UpstreamConnection(context.PlaintextStream)),
        ConnectTimeout = provider.ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        PooledConnectionIdleTimeout = IdleTimeout,
        ResponseDrainTimeout = MaxDrain,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,

        // Byte by byte, so that what is UTF-8 and what is not reach the client alike
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ActivityHeadersPropagator = null,
    };
}
