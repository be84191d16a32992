using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Finds the provider that a request goes to.</summary>
/// <param name="options">The providers.</param>
public sealed class ProviderCatalog(IOptions<ProxyOptions> options)
{
    private readonly ProxyOptions _options = options.Value;

    // What an operator has named goes before what is known of a vendor
    private readonly Provider[] _byModel = [.. options.Value.Providers.OrderByDescending(static provider => provider.HasOwnModels)];

    /// <summary>All of them, in the order of their names.</summary>
    public IReadOnlyList<Provider> Providers => _options.Providers;

    /// <summary>The provider of a name, in any letter case; null where there is none.</summary>
    public Provider? Find(string name)
    {
        foreach (var provider in Providers)
        {
            if (provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return provider;
            }
        }

        return null;
    }

    /// <summary>
    /// The first provider that serves a model by name, those with <c>Models</c> of their own before those with a preset's; else the default one;
    /// null where there is neither.
    /// </summary>
    public Provider? ForModel(string? model)
    {
        if (model is not null)
        {
            foreach (var provider in _byModel)
            {
                if (provider.Serves(model))
                {
                    return provider;
                }
            }
        }

        return _options.DefaultProvider;
    }

    /// <summary>The provider under whose base URL an address lies, the longest base URL first; null where there is none.</summary>
    public Provider? ForEndpoint(Uri endpoint)
    {
        Provider? found = null;
        foreach (var provider in Providers)
        {
            if (provider.Holds(endpoint) && (found is null || provider.BaseUrl.AbsolutePath.Length > found.BaseUrl.AbsolutePath.Length))
            {
                found = provider;
            }
        }

        return found;
    }
}
