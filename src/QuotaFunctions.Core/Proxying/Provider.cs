using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>How a provider is told who calls.</summary>
public enum AuthScheme
{
    /// <summary><c>Authorization: Bearer …</c>, or another header with the same value.</summary>
    Bearer,

    /// <summary>The credential alone in a header of its own, such as <c>x-api-key</c>.</summary>
    Header,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>What a request costs when it names a model, or goes to a path, that fits.</summary>
/// <param name="Pattern">A path's when it begins with <c>/</c>, else a model's; <c>*</c> fits every request.</param>
/// <param name="Cost">Units.</param>
public sealed record CostRule(string Pattern, long Cost);

/// <summary>An upstream API with its own credential.</summary>
public sealed class Provider
{
    /// <summary>The default of <see cref="Timeout"/>.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(100);

    /// <summary>The default of <see cref="StreamTimeout"/>.</summary>
    public static readonly TimeSpan DefaultStreamTimeout = TimeSpan.FromSeconds(600);

    /// <summary>What it is called in settings, routes and the log: lower-case letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is: scheme, host, port and perhaps a path, without a slash at the end.</summary>
    [Setting(
        "Providers__<name>__BaseUrl",
        "required",
        "the provider's address, such as `https://api.openai.com/v1`. All of a provider's settings: [proxying.md](proxying.md#settings)")]
    public required Uri BaseUrl { get; init; }

    /// <summary>How its credential is sent.</summary>
    [Setting("Providers__<name>__AuthScheme", "`bearer`", "how its credential is sent: `bearer`, `header` or `none`")]
    public AuthScheme AuthScheme { get; init; }

    /// <summary>In which header.</summary>
    [Setting("Providers__<name>__AuthHeader", "`Authorization`", "in which header")]
    public string AuthHeader { get; init; } = "Authorization";

    /// <summary>Models that it serves: a request that names one goes to it. Empty for none by name.</summary>
    [Setting("Providers__<name>__Models", "none by name", "the models that it serves")]
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Paths that may be called, as the upstream sees them; empty for all under <see cref="BaseUrl"/>.</summary>
    [Setting("Providers__<name>__AllowedPaths", "all", "the paths of it that are open")]
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>From sending a request to its answer's headers, all attempts together.</summary>
    [Setting("Providers__<name>__TimeoutSeconds", "`100`", "until its headers, 1 to 900")]
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>From the headers to the end of the body.</summary>
    [Setting("Providers__<name>__StreamTimeoutSeconds", "`600`", "from its headers to the end of its answer, 1 to 2400")]
    public TimeSpan StreamTimeout { get; init; } = DefaultStreamTimeout;

    /// <summary>When a request costs nothing.</summary>
    [Setting("Providers__<name>__RefundOn", "`401, 402, 403, 429, 5xx, unreachable, timeout`", "what is refunded")]
    public RefundPolicy RefundOn { get; init; } = RefundPolicy.Default;

    /// <summary>What requests cost: the first rule that fits; where none does, 1, but nothing for a list of models or a count of tokens.</summary>
    [Setting("Providers__<name>__Costs", "1 each", "what its routes and models cost")]
    public IReadOnlyList<CostRule> Costs { get; init; } = [];

    /// <summary>Its credential. Not public, so that it gets into no log and no answer.</summary>
    [Setting("Providers__<name>__ApiKey", "required, but with `AuthScheme` `none`", "its credential", IsSecret = true)]
    internal string ApiKey { get; init; } = "";

    /// <summary>The value of <see cref="AuthHeader"/>; null where there is none.</summary>
    internal string? Credential => AuthScheme switch
    {
        AuthScheme.Bearer => "Bearer " + ApiKey,
        AuthScheme.Header => ApiKey,
        _ => null,
    };

    /// <summary>Whether what a request costs depends on its model.</summary>
    internal bool PricesModels => Costs.Any(static rule => rule.Pattern != "*" && !rule.Pattern.StartsWith('/'));

    private string BasePath => BaseUrl.AbsolutePath.TrimEnd('/');

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The address of a path under <see cref="BaseUrl"/>, to the letter: nothing is decoded, encoded or tidied up.</summary>
    /// <param name="path">As the client sent it, without a slash at the beginning.</param>
    /// <param name="query">As the client sent it, with its question mark; or empty.</param>
    internal Uri At(string path, string query) =>
        new($"{BaseUrl.GetLeftPart(UriPartial.Authority)}{BasePath}/{path}{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>
    /// The address of a path of OpenAI's API. As with its SDKs, a base URL that has a path stands for all up to and including
    /// <c>/v1</c> (<c>https://api.example.com/openai/v1</c>); one without stands for the host.
    /// </summary>
    internal Uri AtOpenAI(string path, string query) => At(BasePath.Length == 0 ? "v1/" + path : path, query);

    /// <summary>True when an address lies under <see cref="BaseUrl"/>: the same scheme, host and port, and its path or one below.</summary>
    internal bool Holds(Uri address)
    {
        if (address.Scheme != BaseUrl.Scheme || address.Port != BaseUrl.Port
            || !address.IdnHost.Equals(BaseUrl.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var (path, basePath) = (address.AbsolutePath, BasePath);
        return path.StartsWith(basePath, StringComparison.Ordinal) && (path.Length == basePath.Length || path[basePath.Length] == '/');
    }

    /// <summary>True when a path may be called.</summary>
    /// <param name="path">The path as the upstream understands it.</param>
    internal bool Allows(string path)
    {
        foreach (var pattern in AllowedPaths)
        {
            if (FitsPath(pattern, path, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return AllowedPaths.Count == 0;
    }

    /// <summary>True when it serves a model by name.</summary>
    internal bool Serves(string model)
    {
        foreach (var pattern in Models)
        {
            if (Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a request costs.</summary>
    /// <param name="path">The path as the upstream understands it.</param>
    /// <param name="model">The model that it names, or null.</param>
    /// <param name="method">Its method.</param>
    internal long CostOf(string path, string? model, HttpMethod method)
    {
        // In any letter case: an upstream that is not strict about it must not be cheaper to call in another
        foreach (var (pattern, cost) in Costs)
        {
            var fits = pattern.StartsWith('/')
                ? FitsPath(pattern, path, StringComparison.OrdinalIgnoreCase)
                : pattern == "*" || (model is not null && Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase));
            if (fits)
            {
                return cost;
            }
        }

        return FreeRequests.IsFreeByDefault(method, path) ? ChargeRequest.MinCost : ChargeRequest.DefaultCost;
    }

    // Most upstreams take a path with a slash at its end for the same
    private static bool FitsPath(string pattern, string path, StringComparison comparison) =>
        Pattern.Matches(pattern, path, comparison) || (path.EndsWith('/') && Pattern.Matches(pattern, path.TrimEnd('/'), comparison));
}
