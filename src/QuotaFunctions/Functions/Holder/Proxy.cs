using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Forwards to the endpoint that the body names.</summary>
public sealed class Proxy(ProxyHandler handler, ClientAddress addresses)
{
    /// <summary>ANY /proxy.</summary>
    [Function(nameof(Proxy))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "proxy")] HttpRequest request, CancellationToken ended) =>
        (await handler.ForwardToEndpointAsync(request.HttpContext, addresses.Of(request), ended)).ToResult();
}
