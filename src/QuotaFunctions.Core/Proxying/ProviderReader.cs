using System.Globalization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Pricing;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Reads the settings of one provider: each that is set goes before the preset's.</summary>
/// <param name="settings">The settings.</param>
/// <param name="prefix">What those of this provider begin with, such as <c>Providers__openai</c>.</param>
internal sealed class ProviderReader(SettingReader settings, string prefix)
{
    /// <summary>The settings that a provider has.</summary>
    public static readonly string[] Names =
    [
        "Preset", "BaseUrl", "AuthScheme", "AuthHeader", "AuthQuery", "ApiKey", "Credentials", "Headers", "Models", "AllowedPaths", "AllowedMethods", "ConnectTimeoutSeconds",
        "TimeoutSeconds", "IdleTimeoutSeconds", "StreamTimeoutSeconds", "RequestStreamUsage", "RefundOn", "Costs", "Prices",
    ];

    /// <summary>Reads them. Null where something is wrong, which is then among the errors.</summary>
    /// <param name="name">The provider's name.</param>
    public Provider? Read(string name)
    {
        var faults = settings.Errors.Count;
        if (ReadPreset() is not { } preset)
        {
            return null;
        }

        var baseUrl = ReadBaseUrl(preset);
        var apiKeys = ProviderCredentials.Read(settings, prefix);
        var (auth, hasOwnAuth) = ReadAuth(preset, apiKeys.Count > 0);
        var headers = ReadHeaders(auth);
        var (models, hasOwnModels) = ReadModels(preset);
        var provider = new Provider
        {
            Name = name,
            BaseUrl = baseUrl!,
            Preset = preset,
            Auth = auth,
            HasOwnAuth = hasOwnAuth,
            ApiKeys = auth.Scheme == AuthScheme.None || apiKeys.Count == 0 ? [""] : apiKeys,
            Headers = headers,
            Models = models,
            HasOwnModels = hasOwnModels,
            AllowedPaths = ReadAllowedPaths(preset, baseUrl),
            AllowedMethods = ReadAllowedMethods(),
            ConnectTimeout = Seconds("ConnectTimeoutSeconds", Provider.DefaultConnectTimeout, ProxyOptions.MaxConnectTimeoutSeconds),
            Timeout = Seconds("TimeoutSeconds", Provider.DefaultTimeout, ProxyOptions.MaxTimeoutSeconds),
            IdleTimeout = Seconds("IdleTimeoutSeconds", Provider.DefaultIdleTimeout, ProxyOptions.MaxStreamTimeoutSeconds),
            StreamTimeout = Seconds("StreamTimeoutSeconds", Provider.DefaultStreamTimeout, ProxyOptions.MaxStreamTimeoutSeconds),
            RequestStreamUsage = settings.Flag(Setting("RequestStreamUsage"), preset.RequestStreamUsage),
            RefundOn = ReadRefundOn(),
            Costs = ReadCosts(),
            Prices = ReadPrices(),
        };
        return settings.Errors.Count > faults ? null : provider;
    }

    private string Setting(string name) => $"{prefix}__{name}";

    private void AddError(string name, string fix) => settings.AddError(Setting(name), fix);

    private ProviderPreset? ReadPreset()
    {
        if (settings.PlainText(Setting("Preset")) is not { } name)
        {
            return ProviderPreset.None;
        }

        if (ProviderPresets.Find(name) is { } preset)
        {
            return preset;
        }

        AddError("Preset", $"must be one of {string.Join(", ", ProviderPresets.All.Select(static known => known.Name))}.");
        return null;
    }

    private Uri? ReadBaseUrl(ProviderPreset preset)
    {
        if (settings.PlainText(Setting("BaseUrl"), preset.BaseUrl) is not { } text)
        {
            AddError("BaseUrl", $"is missing: set it to the provider's address, such as {preset.ExampleUrl}.");
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0 && UpstreamPath.IsUnambiguous(uri.AbsolutePath))
        {
            return uri;
        }

        AddError("BaseUrl", $"must be an absolute http or https address without user, query or fragment, such as {preset.ExampleUrl}.");
        return null;
    }

    private (ProviderAuth Auth, bool IsOwn) ReadAuth(ProviderPreset preset, bool hasApiKey)
    {
        var (scheme, header, query) = (settings.PlainText(Setting("AuthScheme")), settings.PlainText(Setting("AuthHeader")), settings.PlainText(Setting("AuthQuery")));
        var isOwn = (scheme ?? header ?? query) is not null;
        var auth = isOwn ? ReadOwnAuth(preset, scheme, header, query)
            : !hasApiKey && !preset.NeedsCredential ? ProviderAuth.None
            : preset.Auth;
        if (!hasApiKey && auth.Scheme != AuthScheme.None)
        {
            AddError("ApiKey", "is missing: set it to the provider's credential, or AuthScheme to none.");
        }

        return (auth, isOwn);
    }

    private ProviderAuth ReadOwnAuth(ProviderPreset preset, string? wanted, string? header, string? query)
    {
        var scheme = query is not null ? AuthScheme.Query : header is not null ? AuthScheme.Header : AuthScheme.Bearer;
        if (wanted is not null && !TryParseScheme(wanted, out scheme))
        {
            AddError("AuthScheme", "must be bearer, header, query or none (default bearer).");
            return ProviderAuth.None;
        }

        if (header is not null && (scheme == AuthScheme.Query || !NameRules.IsHeader(header)))
        {
            AddError("AuthHeader", scheme == AuthScheme.Query ? "does not go with AuthScheme=query or AuthQuery." : "must be the name of a header, such as x-api-key.");
        }

        if (query is not null && (scheme != AuthScheme.Query || !NameRules.IsParameter(query)))
        {
            AddError("AuthQuery", scheme != AuthScheme.Query ? "goes only with AuthScheme=query." : "must be the name of a parameter: 1 to 64 letters, digits, -, _ and ., a letter or digit first.");
        }

        switch (scheme)
        {
            case AuthScheme.Header:
                header ??= preset.Auth.Scheme == AuthScheme.Header ? preset.Auth.Name : null;
                if (header is null)
                {
                    AddError("AuthHeader", "is missing: AuthScheme=header needs the name of a header, such as x-api-key.");
                }

                return ProviderAuth.Header(header ?? "");
            case AuthScheme.Query:
                if (query is null)
                {
                    AddError("AuthQuery", "is missing: AuthScheme=query needs the name of a parameter, such as key.");
                }

                return new ProviderAuth(AuthScheme.Query, query ?? "");
            case AuthScheme.Bearer:
                return new ProviderAuth(AuthScheme.Bearer, header ?? ProviderAuth.DefaultHeader);
            default:
                return ProviderAuth.None;
        }
    }

    // Semicolons between them: values often have commas
    private Dictionary<string, string> ReadHeaders(ProviderAuth auth)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var entries = settings.Text(Setting("Headers"))?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var entry in entries)
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? ("", "") : (entry[..equals].TrimEnd(), entry[(equals + 1)..].TrimStart());
            if (!NameRules.IsHeader(name) || value.Length == 0 || !IsPrintable(value))
            {
                AddError("Headers", "must be a list such as OpenAI-Organization=org-1; X-Title=Quotas: names of headers and printable ASCII values, with semicolons between them.");
                return headers;
            }

            if (auth.IsHeader(name) || !ForwardedHeaders.MayBeAdded(name) || !headers.TryAdd(name, value))
            {
                AddError("Headers", "must not name a header twice, nor one that holds ApiKey, belongs to the body, or is made anew for every request, such as Host.");
                return headers;
            }
        }

        return headers;
    }

    private (string[] Models, bool IsOwn) ReadModels(ProviderPreset preset)
    {
        var own = List("Models");
        if (own.Length == 0)
        {
            return (List("Models", preset.Models), false);
        }

        if (!own.All(Pattern.IsValid))
        {
            AddError("Models", "must be a list of models such as gpt-4o, o*, with * at the end only.");
        }

        return (own, true);
    }

    private string[] ReadAllowedPaths(ProviderPreset preset, Uri? baseUrl)
    {
        // The preset's begin at the vendor's host: with a base URL that has a path, at what of it stands before OpenAI's
        var basePath = baseUrl?.AbsolutePath.TrimEnd('/') ?? "";
        var root = basePath.EndsWith($"/{preset.OpenAIPath}", StringComparison.Ordinal) ? basePath[..^(preset.OpenAIPath.Length + 1)] : basePath;
        var paths = List("AllowedPaths", string.Join(", ", preset.AllowedPaths.Select(path => root + path)));
        if (!paths.All(path => path.StartsWith('/') && Pattern.IsValid(path)))
        {
            AddError("AllowedPaths", "must be a list of paths such as /v1/chat/*, /v1/models, with * at the end only.");
        }

        return paths;
    }

    private HttpMethod[] ReadAllowedMethods()
    {
        var all = string.Join(", ", Provider.ForwardedMethods.Select(static method => method.Method));
        var methods = new List<HttpMethod>();
        foreach (var name in List("AllowedMethods", all))
        {
            if (Provider.FindMethod(name) is { } method)
            {
                methods.Add(method);
                continue;
            }

            AddError("AllowedMethods", $"must be a list of some of {all}.");
            break;
        }

        return [.. methods];
    }

    private RefundPolicy ReadRefundOn()
    {
        var refundOn = RefundPolicy.Default;
        if (List("RefundOn") is { Length: > 0 } words && !RefundPolicy.TryParse(words, out refundOn))
        {
            AddError("RefundOn", "must be none, or a list of status codes (429), classes (5xx), unreachable and timeout (default 401, 402, 403, 429, 5xx, unreachable, timeout).");
        }

        return refundOn;
    }

    private IReadOnlyList<PriceRule> ReadPrices()
    {
        if (!PriceRule.TryParse(List("Prices"), out var rules))
        {
            AddError("Prices", $"must be {PriceRule.Form}.");
        }

        return rules;
    }

    private List<CostRule> ReadCosts()
    {
        var rules = new List<CostRule>();
        foreach (var entry in List("Costs"))
        {
            var equals = entry.LastIndexOf('=');
            var pattern = equals < 0 ? "" : entry[..equals].Trim();
            if (Pattern.IsValid(pattern)
                && long.TryParse(entry[(equals + 1)..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var cost)
                && cost is >= ChargeRequest.MinCost and <= ChargeRequest.MaxCost)
            {
                rules.Add(new CostRule(pattern, cost));
                continue;
            }

            AddError("Costs", $"must be a list such as gpt-4o*=10, /v1/images/*=25, *=2: models or paths with * at the end only, and costs from {ChargeRequest.MinCost} to {ChargeRequest.MaxCost}.");
            break;
        }

        return rules;
    }

    private TimeSpan Seconds(string name, TimeSpan fallback, int max) => TimeSpan.FromSeconds(settings.Number(Setting(name), (long)fallback.TotalSeconds, 1, max));

    private string[] List(string name, string? fallback = null) =>
        settings.PlainText(Setting(name), fallback)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool TryParseScheme(string text, out AuthScheme scheme)
    {
        (scheme, var known) = text.ToLowerInvariant() switch
        {
            "bearer" => (AuthScheme.Bearer, true),
            "header" => (AuthScheme.Header, true),
            "query" => (AuthScheme.Query, true),
            "none" => (AuthScheme.None, true),
            _ => (AuthScheme.Bearer, false),
        };
        return known;
    }
}
