using System.Globalization;
using Microsoft.Extensions.Configuration;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Validation;

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

    /// <summary>The longest <see cref="Provider.StreamTimeout"/>, in seconds.</summary>
    public const int MaxStreamTimeoutSeconds = 2400;

    private const string Section = "Providers";

    private static readonly string[] Names =
    [
        "BaseUrl", "AuthScheme", "AuthHeader", "ApiKey", "Models", "AllowedPaths", "TimeoutSeconds", "StreamTimeoutSeconds", "RefundOn", "Costs",
    ];

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
        foreach (var name in settings.Names(Section, "provider", Names))
        {
            if (ReadProvider(settings, $"{Section}__{name}", name.ToLowerInvariant()) is { } provider)
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
                settings.AddError("DefaultProvider", $"must be the name of a configured provider: there is no {Section}__{wanted}__BaseUrl.");
            }
        }
    }

    private static Provider? ReadProvider(SettingReader settings, string prefix, string name)
    {
        var faults = settings.Errors.Count;
        var baseUrl = ReadBaseUrl(settings, $"{prefix}__BaseUrl");
        var authHeader = settings.PlainText($"{prefix}__AuthHeader");
        var authScheme = authHeader is null ? AuthScheme.Bearer : AuthScheme.Header;
        if (settings.PlainText($"{prefix}__AuthScheme") is { } scheme && !TryParseScheme(scheme, out authScheme))
        {
            settings.AddError($"{prefix}__AuthScheme", "must be bearer, header or none (default bearer).");
        }

        if (authHeader is not null && !NameRules.IsHeader(authHeader))
        {
            settings.AddError($"{prefix}__AuthHeader", "must be the name of a header, such as x-api-key.");
        }
        else if (authScheme == AuthScheme.Header && authHeader is null)
        {
            settings.AddError($"{prefix}__AuthHeader", "is missing: AuthScheme=header needs the name of a header, such as x-api-key.");
        }

        var apiKey = settings.Text($"{prefix}__ApiKey");
        if (apiKey is null && authScheme != AuthScheme.None)
        {
            settings.AddError($"{prefix}__ApiKey", "is missing: set it to the provider's credential, or AuthScheme to none.");
        }
        else if (apiKey is not null && apiKey.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            settings.AddError($"{prefix}__ApiKey", "must consist of printable ASCII characters, as it is sent in a header.");
        }

        var models = List(settings, $"{prefix}__Models");
        if (!models.All(Pattern.IsValid))
        {
            settings.AddError($"{prefix}__Models", "must be a list of models such as gpt-4o, o*, with * at the end only.");
        }

        var paths = List(settings, $"{prefix}__AllowedPaths");
        if (!paths.All(path => path.StartsWith('/') && Pattern.IsValid(path)))
        {
            settings.AddError($"{prefix}__AllowedPaths", "must be a list of paths such as /v1/chat/*, /v1/models, with * at the end only.");
        }

        var refundOn = RefundPolicy.Default;
        if (List(settings, $"{prefix}__RefundOn") is { Length: > 0 } words && !RefundPolicy.TryParse(words, out refundOn))
        {
            settings.AddError($"{prefix}__RefundOn", "must be none, or a list of status codes (429), classes (5xx), unreachable and timeout (default 401, 402, 403, 429, 5xx, unreachable, timeout).");
        }

        var costs = ReadCosts(settings, $"{prefix}__Costs");
        var timeout = settings.Number($"{prefix}__TimeoutSeconds", (long)Provider.DefaultTimeout.TotalSeconds, 1, MaxTimeoutSeconds);
        var streamTimeout = settings.Number($"{prefix}__StreamTimeoutSeconds", (long)Provider.DefaultStreamTimeout.TotalSeconds, 1, MaxStreamTimeoutSeconds);
        return settings.Errors.Count > faults || baseUrl is null ? null : new Provider
        {
            Name = name,
            BaseUrl = baseUrl,
            AuthScheme = authScheme,
            AuthHeader = authHeader ?? "Authorization",
            ApiKey = apiKey ?? "",
            Models = models,
            AllowedPaths = paths,
            Timeout = TimeSpan.FromSeconds(timeout),
            StreamTimeout = TimeSpan.FromSeconds(streamTimeout),
            RefundOn = refundOn,
            Costs = costs,
        };
    }

    private static Uri? ReadBaseUrl(SettingReader settings, string name)
    {
        if (settings.PlainText(name) is not { } text)
        {
            settings.AddError(name, "is missing: set it to the provider's address, such as https://api.openai.com/v1.");
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0 && UpstreamPath.IsUnambiguous(uri.AbsolutePath))
        {
            return uri;
        }

        settings.AddError(name, "must be an absolute http or https address without user, query or fragment, such as https://api.openai.com/v1.");
        return null;
    }

    private static List<CostRule> ReadCosts(SettingReader settings, string name)
    {
        var rules = new List<CostRule>();
        foreach (var entry in List(settings, name))
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

            settings.AddError(name, $"must be a list such as gpt-4o*=10, /v1/images/*=25, *=2: models or paths with * at the end only, and costs from {ChargeRequest.MinCost} to {ChargeRequest.MaxCost}.");
            break;
        }

        return rules;
    }

    private static string[] List(SettingReader settings, string name) =>
        settings.PlainText(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool TryParseScheme(string text, out AuthScheme scheme)
    {
        (scheme, var known) = text.ToLowerInvariant() switch
        {
            "bearer" => (AuthScheme.Bearer, true),
            "header" => (AuthScheme.Header, true),
            "none" => (AuthScheme.None, true),
            _ => (AuthScheme.Bearer, false),
        };
        return known;
    }
}
