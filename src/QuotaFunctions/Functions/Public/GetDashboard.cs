using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Serves the operators' page; the calls for its data carry the admin token that the person types in.</summary>
[Response(200, "The page.", typeof(string), MediaType = "text/html")]
public sealed class GetDashboard
{
    /// <summary>GET /dashboard.</summary>
    [Function(nameof(GetDashboard))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Dashboard)] HttpRequest request) => DashboardFileResult.Page();
}
