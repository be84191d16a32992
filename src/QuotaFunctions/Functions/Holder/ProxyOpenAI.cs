using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Forwards OpenAI's API to the provider that serves the body's model.</summary>
[Forwards]
[RequestBody(Required = false, Example = """{ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Hello" }], "stream": true }""")]
public sealed class ProxyOpenAI(ProxyHandler handler, ClientAddress addresses)
{
    /// <summary>ANY /v1/{path}.</summary>
    [Function(nameof(ProxyOpenAI))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "v1/{*path}")] HttpRequest request, CancellationToken ended) =>
        (await handler.ForwardToModelAsync(request.HttpContext, addresses.Of(request), ended)).ToResult();
}
