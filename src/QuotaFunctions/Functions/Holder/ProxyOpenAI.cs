using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Forwards OpenAI's API to the provider that serves the model.</summary>
public sealed class ProxyOpenAI(ProxyHandler handler, ClientAddress addresses)
{
    /// <summary>ANY /v1/{path}.</summary>
    [Function(nameof(ProxyOpenAI))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "v1/{*path}")] HttpRequest request, CancellationToken ended) =>
        (await handler.ForwardToModelAsync(request.HttpContext, addresses.Of(request), ended)).ToResult();
}
