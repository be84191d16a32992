using QuotaFunctions.Core.Hosting;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>Whose token it is that asks.</summary>
/// <param name="Name">The token's name, which is the actor in the log.</param>
/// <param name="ReadOnly">True where it may only GET.</param>
/// <param name="Tenant">The tenant that it is limited to; null where it is not limited.</param>
internal sealed record AdminResponse([property: Example("ops-on-call")] string Name, bool ReadOnly, string? Tenant)
{
    public static AdminResponse Of(AdminPrincipal admin) => new(admin.Name, admin.IsReadOnly, admin.Tenant);
}
