using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Registers options that are read from settings. Why not by the options binder is in docs/architecture.md.</summary>
public static class SettingsServiceCollectionExtensions
{
    /// <summary>Registers options that one method reads, value by value; what it finds wrong stops the start, all of it at once.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">Where the settings are.</param>
    /// <param name="read">Reads the settings into the options.</param>
    public static IServiceCollection AddSettings<TOptions>(
        this IServiceCollection services, IConfiguration configuration, Action<SettingReader, TOptions> read)
        where TOptions : class =>
        services.AddSettings<TOptions, IServiceProvider>(configuration, (settings, options, _) => read(settings, options));

    /// <summary>The same with a service that the reading needs.</summary>
    internal static IServiceCollection AddSettings<TOptions, TService>(
        this IServiceCollection services, IConfiguration configuration, Action<SettingReader, TOptions, TService> read)
        where TOptions : class
        where TService : class
    {
        services.TryAddSingleton<SettingValues>();
        services.AddOptions<TOptions>().Configure<TService, SettingValues>((options, service, values) =>
        {
            var settings = new SettingReader(configuration);
            read(settings, options, service);
            values.Set(typeof(TOptions), settings.Values);
            if (settings.Errors.Count > 0)
            {
                throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), settings.Errors);
            }
        }).ValidateOnStart();
        return services;
    }
}
