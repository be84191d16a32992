using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Registers the proxy path.</summary>
public static class ProxyingServiceCollectionExtensions
{
    /// <summary>The providers, their HTTP clients, and what takes requests to them.</summary>
    public static IServiceCollection AddProxying(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ProxyOptions>(configuration, ProxyOptions.Read);
        services.AddSettings<RouteOptions>(configuration, RouteOptions.Read);
        services.AddSingleton<ProviderCatalog>();
        services.AddSingleton(static services => new RouteCatalog(
            services.GetRequiredService<IOptions<RouteOptions>>(), services.GetRequiredService<ProviderCatalog>(), Random.Shared));
        services.AddSingleton<CredentialRotation>();
        services.AddMetrics();
        services.AddSingleton<UpstreamMetrics>();
        services.AddSingleton<CredentialNotes>();
        services.AddSingleton<ICredentialCheck, CredentialCheck>();
        services.AddSingleton(static services => new CredentialStatus(
            services.GetRequiredService<ProviderCatalog>(),
            services.GetRequiredService<CredentialNotes>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<CredentialStatus>>()));
        services.AddSingleton<UpstreamConnector>();
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<UpstreamForwarder>();
        services.AddSingleton<FailoverSender>();
        services.AddSingleton<KeptAnswerTable>();
        services.AddSingleton<IExpiredAnswers>(static services => services.GetRequiredService<KeptAnswerTable>());
        services.AddSingleton(static services => new KeptAnswers(
            services.GetRequiredService<KeptAnswerTable>(),
            services.GetRequiredService<IOptions<ServiceOptions>>().Value.KeepAnswers,
            services.GetRequiredService<StorageMetrics>(),
            services.GetRequiredService<ILogger<KeptAnswers>>()));
        services.AddSingleton(static services => new ProxyRequestReader(
            services.GetRequiredService<ProviderCatalog>(),
            services.GetRequiredService<RouteCatalog>(),
            services.GetRequiredService<IOptions<ServiceOptions>>().Value,
            services.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static services => new ClientKeys(
            services.GetRequiredService<IKeyDirectory>(),
            services.GetRequiredService<IOptions<QuotaEngineOptions>>().Value.DecisionTimeout,
            services.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static services => new ProxyHandler(
            services.GetRequiredService<ClientKeys>(),
            services.GetRequiredService<ProxyRequestReader>(),
            services.GetRequiredService<FailoverSender>(),
            services.GetRequiredService<UpstreamForwarder>(),
            services.GetRequiredService<IQuotaEngine>(),
            services.GetRequiredService<KeptAnswers>(),
            services.GetRequiredService<IOptions<ServiceOptions>>().Value.ProxyDrain,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ProxyHandler>>()));
        var checks = services.AddHealthChecks();
        foreach (var name in ProxyOptions.NamesIn(configuration))
        {
            checks.AddOptional($"provider:{name.ToLowerInvariant()}", services => new ProviderCheck(
                services.GetRequiredService<ProviderCatalog>().Find(name)!, services.GetRequiredService<UpstreamConnector>()));
        }

        return services;
    }
}
