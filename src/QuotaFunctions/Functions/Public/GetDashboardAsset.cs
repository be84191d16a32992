using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Serves a script, a style sheet or a picture of the dashboard.</summary>
[Response(200, "The file, compressed with br or gzip where the client takes that.", typeof(string), MediaType = "*/*")]
[ErrorResponse(nameof(ErrorResponses.AssetNotFound))]
public sealed class GetDashboardAsset
{
    /// <summary>GET /dashboard/assets/{file}.</summary>
    [Function(nameof(GetDashboardAsset))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.DashboardAsset)] HttpRequest request, string file) =>
        DashboardFiles.FindAsset(file) is { } asset
            ? DashboardFileResult.Asset(asset)
            : new ProblemResult(Problem.NotFound, "There is no such file; the page at /dashboard names those that there are.");
}
