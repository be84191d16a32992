using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Forwards the request that the body describes.</summary>
[Forwards]
[RequestBody(typeof(ProxyRequest))]
public sealed class Proxy(ProxyHandler handler, ClientAddress addresses)
{
    /// <summary>ANY /proxy.</summary>
    [Function(nameof(Proxy))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "proxy")] HttpRequest request, CancellationToken ended) =>
        (await handler.ForwardToEndpointAsync(request.HttpContext, addresses.Of(request), ended)).ToResult();
}
