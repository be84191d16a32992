using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Forwards to a provider by its name.</summary>
[Forwards]
[RequestBody(Required = false)]
public sealed class ProxyProvider(ProxyHandler handler, ClientAddress addresses)
{
    /// <summary>ANY /providers/{provider}/{path}.</summary>
    [Function(nameof(ProxyProvider))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "providers/{provider}/{*path}")] HttpRequest request, string provider, CancellationToken ended) =>
        (await handler.ForwardToProviderAsync(request.HttpContext, provider, addresses.Of(request), ended)).ToResult();
}
