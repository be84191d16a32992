using Microsoft.Extensions.Configuration;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The providers, from the settings <c>Providers__{name}__…</c> and <c>DefaultProvider</c>. Described in docs/proxying.md.</summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// The longest <see cref="Provider.Timeout"/>, in seconds. With <see cref="MaxStreamTimeoutSeconds"/> it stays below the hour
    /// after which a charge is taken to be left behind, and below host.json's <c>functionTimeout</c>, at which the host would end
    /// the process with every other stream in it.
    /// </summary>
    public const int MaxTimeoutSeconds = 900;

    /// <summary>The longest <see cref="Provider.StreamTimeout"/> and <see cref="Provider.IdleTimeout"/>, in seconds.</summary>
    public const int MaxStreamTimeoutSeconds = 2400;

    /// <summary>The longest <see cref="Provider.ConnectTimeout"/>, in seconds.</summary>
    public const int MaxConnectTimeoutSeconds = 120;

    /// <summary>What the providers' settings begin with.</summary>
    internal const string Section = "Providers";

    /// <summary>All of them, in the order of their names.</summary>
    public IReadOnlyList<Provider> Providers { get; set; } = [];

    /// <summary>Where a request goes whose model no provider serves by name; null for nowhere. The only provider is the default one.</summary>
    [Setting("DefaultProvider", "the only one", "where a request goes whose model no provider serves by name")]
    public Provider? DefaultProvider { get; set; }

    /// <summary>The names of the configured providers, whatever else is right or wrong with them.</summary>
    internal static IEnumerable<string> NamesIn(IConfiguration configuration) =>
        configuration.GetSection(Section).GetChildren().Select(section => section.Key);

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, ProxyOptions options)
    {
        var providers = new List<Provider>();
        foreach (var name in settings.Names(Section, "provider", ProviderReader.Names))
        {
            if (new ProviderReader(settings, $"{Section}__{name}").Read(name.ToLowerInvariant()) is { } provider)
            {
                providers.Add(provider);
            }
        }

        options.Providers = providers;
        options.DefaultProvider = providers is [var only] ? only : null;
        if (settings.PlainText("DefaultProvider") is { } wanted)
        {
            options.DefaultProvider = providers.Find(provider => provider.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
            if (options.DefaultProvider is null && !settings.Section(Section).GetChildren().Any(section => section.Key.Equals(wanted, StringComparison.OrdinalIgnoreCase)))
            {
                settings.AddError("DefaultProvider", $"must be the name of a configured provider: there is no {Section}__{wanted}__Preset or __BaseUrl.");
            }
        }
    }
}
