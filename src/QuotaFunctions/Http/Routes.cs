using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>Parts of routes that many functions share.</summary>
public static class Routes
{
    /// <summary>The route parameter that holds <c>manage</c> or <c>admin</c>.</summary>
    public const string AreaParameter = "area";

    /// <summary>
    /// What the management routes begin with. The host refuses a route that begins with the literal <c>admin</c>, but not
    /// this parameter, which takes <c>/manage</c>, the documented name, and <c>/admin</c>, the compatible one.
    /// </summary>
    public const string Area = "{" + AreaParameter + ":regex(^(manage|admin)$)}";

    /// <summary>All keys.</summary>
    public const string Keys = Area + "/keys";

    /// <summary>One key, by its id or its secret.</summary>
    public const string Key = Keys + "/{key}";

    /// <summary>All pools.</summary>
    public const string Pools = Area + "/pools";

    /// <summary>One pool, by its id.</summary>
    public const string Pool = Pools + "/{pool}";

    /// <summary>Whether a request is an admin's: by the route and by the path, either is enough.</summary>
    public static bool IsManagement(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.RouteValues.ContainsKey(AreaParameter)
            || request.Path.StartsWithSegments("/manage", StringComparison.OrdinalIgnoreCase)
            || request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase);
    }
}
