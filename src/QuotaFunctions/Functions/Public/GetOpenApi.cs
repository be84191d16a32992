using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Describes every route, in OpenAPI 3.1.</summary>
[Response(200, "OpenAPI 3.1.", typeof(JsonObject))]
public sealed class GetOpenApi
{
    private static readonly byte[] Document = Read();

    /// <summary>GET /openapi.json.</summary>
    [Function(nameof(GetOpenApi))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) => JsonResult.Raw(Document);

    private static byte[] Read()
    {
        using var stream = typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
