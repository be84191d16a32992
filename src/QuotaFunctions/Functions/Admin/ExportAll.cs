using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Everything that is to be kept, as NDJSON, while charges go on: docs/backup.md describes the lines.</summary>
/// <remarks>Each account is consistent in itself. Secrets are in it as SHA-256 hashes only. Where the last line is missing, it was cut.</remarks>
[Response(200, "The lines.", typeof(string), MediaType = NdjsonLines.ContentType)]
public sealed class ExportAll(IExporter exporter)
{
    /// <summary>GET …/export.</summary>
    [Function(nameof(ExportAll))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Export)] HttpRequest request) =>
        new StreamResult(NdjsonLines.ContentType, exporter.WriteAsync);
}
