using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Quotas.Lanes;

namespace QuotaFunctions.Core.Quotas;

/// <summary>Registers the quota engine.</summary>
public static class QuotasServiceCollectionExtensions
{
    /// <summary>The engine with its lanes and its store. Needs the storage clients, the key directory and the log.</summary>
    public static IServiceCollection AddQuotas(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<QuotaEngineOptions>(configuration, QuotaEngineOptions.Read)
        .AddSingleton<IAccountStore, TableAccountStore>()
        .AddSingleton<OpenAccountIndex>()
        .AddSingleton<MarkIndex>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<LaneContext>(
            provider, provider.GetRequiredService<IOptions<QuotaEngineOptions>>().Value, provider.GetRequiredService<InstanceIdentity>().Id))
        .AddSingleton<AccountLanes>()
        .AddSingleton<IQuotaEngine, QuotaEngine>()
        .AddHostedService<Drain>();
}

/// <summary>
/// On the way out, when no request is in flight any more: has decided what waits, then sends what is to be logged. In this order,
/// as deciding makes more to log.
/// </summary>
internal sealed class Drain(AccountLanes lanes, AuditBuffer buffer) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await lanes.DrainAsync(cancellationToken);
        await buffer.DrainAsync(cancellationToken);
    }
}
