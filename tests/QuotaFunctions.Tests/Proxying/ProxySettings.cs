using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Reads providers from settings, as the service does at its start.</summary>
internal static class ProxySettings
{
    public static (ProxyOptions Options, IReadOnlyList<string> Errors) Read(params (string Name, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name.Replace("__", ":", StringComparison.Ordinal), setting.Value)))
            .Build();
        var reader = new SettingReader(configuration);
        var options = new ProxyOptions();
        ProxyOptions.Read(reader, options);
        return (options, reader.Errors);
    }

    /// <summary>One provider, "p", at a base URL and with more settings of its own.</summary>
    public static Provider Provider(string baseUrl, params (string Name, string? Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["BaseUrl"] = baseUrl, ["ApiKey"] = "secret" };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var (options, errors) = Read([.. all.Select(setting => ("Providers__p__" + setting.Key, setting.Value))]);
        Assert.Empty(errors);
        return Assert.Single(options.Providers);
    }

    public static ProviderCatalog Catalog(params (string Name, string? Value)[] settings)
    {
        var (options, errors) = Read(settings);
        Assert.Empty(errors);
        return new ProviderCatalog(Options.Create(options));
    }
}
