using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.Core.AdminAudit;

/// <summary>Registers the record of what admins do.</summary>
public static class AdminAuditServiceCollectionExtensions
{
    /// <summary>The record in its table. Needs the storage clients.</summary>
    public static IServiceCollection AddAdminAudit(this IServiceCollection services) => services.AddSingleton<IAdminAudit, AdminAuditTable>();
}
