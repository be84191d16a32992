using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Registers options that are read from settings.</summary>
public static class SettingsServiceCollectionExtensions
{
    /// <summary>Registers options that one method reads, value by value; what it finds wrong stops the start, all of it at once.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">Where the settings are.</param>
    /// <param name="read">Reads the settings into the options.</param>
    public static IServiceCollection AddSettings<TOptions>(
        this IServiceCollection services, IConfiguration configuration, Action<SettingReader, TOptions> read)
        where TOptions : class, new()
    {
        var setup = new Setup<TOptions>(configuration, read);
        services.AddOptions<TOptions>().ValidateOnStart();
        services.AddSingleton<IConfigureOptions<TOptions>>(setup);
        services.AddSingleton<IValidateOptions<TOptions>>(setup);
        return services;
    }

    private sealed class Setup<TOptions>(IConfiguration configuration, Action<SettingReader, TOptions> read)
        : IConfigureOptions<TOptions>, IValidateOptions<TOptions>
        where TOptions : class, new()
    {
        public void Configure(TOptions options) => read(new SettingReader(configuration), options);

        // What was wrong in the text of a setting is not to be seen in the options: it is read once more
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var reader = new SettingReader(configuration);
            read(reader, new TOptions());
            return reader.Errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(reader.Errors);
        }
    }
}
