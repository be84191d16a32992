namespace QuotaFunctions.Core.Hosting;

/// <summary>Who asks on the management routes.</summary>
/// <param name="Name">What the log calls them: the name of their token.</param>
/// <param name="IsReadOnly">True where they may only GET.</param>
/// <param name="Tenant">The tenant that the token is limited to; null where it is not limited.</param>
public sealed record AdminPrincipal(string Name, bool IsReadOnly, string? Tenant = null)
{
    /// <summary>True where they may see and change what belongs to a tenant. The one rule of what a tenant's token reaches.</summary>
    /// <param name="tenant">The tenant of a key or a pool; null where it has none.</param>
    public bool MayAccess(string? tenant) => Tenant is null || Tenant == tenant;
}
