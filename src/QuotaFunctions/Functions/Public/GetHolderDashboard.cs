using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Serves the page of a key's holder; the calls for its data carry the key that the person types in.</summary>
[Response(200, "The page.", typeof(string), MediaType = "text/html")]
public sealed class GetHolderDashboard
{
    /// <summary>GET /dashboard/me.</summary>
    [Function(nameof(GetHolderDashboard))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.HolderDashboard)] HttpRequest request) => DashboardFileResult.Page();
}
