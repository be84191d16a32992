using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Registers reports.</summary>
public static class ReportingServiceCollectionExtensions
{
    /// <summary>What makes reports and keeps them. Needs the storage clients, usage, the keys and an <see cref="IReportMailer"/>.</summary>
    public static IServiceCollection AddReporting(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<ReportOptions>(configuration, ReportOptions.Read)
        .AddSingleton<IReportBuilder, ReportBuilder>()
        .AddSingleton<IReportStore, ReportTable>()
        .AddSingleton<ReportMaker>();
}
