using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows whose token it is that asks, and what it may do.</summary>
[Response(200, "The token's name and its limits.", typeof(AdminResponse))]
[TenantScoped]
public sealed class GetAdmin
{
    /// <summary>GET …/me.</summary>
    [Function(nameof(GetAdmin))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Admin)] HttpRequest request) =>
        JsonResult.Of(AdminResponse.Of(request.Admin()), ResponseJson.Default.AdminResponse);
}
