using System.Globalization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The routes, from the settings <c>Routes__{name}__…</c>. Described in docs/proxying.md.</summary>
public sealed class RouteOptions
{
    /// <summary>The most targets of a route.</summary>
    public const int MaxTargets = 10;

    /// <summary>The greatest weight.</summary>
    public const int MaxWeight = 1000;

    private const string Section = "Routes";

    private static readonly string[] Names = ["Models", "To", "TimeoutSeconds"];

    /// <summary>All of them, in the order of their names.</summary>
    public IReadOnlyList<Route> Routes { get; set; } = [];

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, RouteOptions options)
    {
        var routes = new List<Route>();
        var models = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in settings.Names(Section, "route", Names))
        {
            var prefix = $"{Section}__{name}";
            var route = new Route
            {
                Name = name,
                Models = ReadModels(settings, $"{prefix}__Models"),
                Steps = ReadSteps(settings, $"{prefix}__To"),
                Timeout = settings.PlainText($"{prefix}__TimeoutSeconds") is null
                    ? null
                    : TimeSpan.FromSeconds(settings.Number($"{prefix}__TimeoutSeconds", (long)Route.DefaultTimeout.TotalSeconds, 1, ProxyOptions.MaxTimeoutSeconds)),
            };
            routes.Add(route);
            if (!route.Models.All(models.Add))
            {
                settings.AddError($"{prefix}__Models", "names a model twice, or one that another route names.");
            }
        }

        options.Routes = routes;
    }

    private static string[] ReadModels(SettingReader settings, string name)
    {
        var models = Split(settings.PlainText(name) ?? "", ',');
        if (models.Length == 0 || !models.All(Pattern.IsValid))
        {
            settings.AddError(name, "must be a list of the models that clients name, such as smart, gpt-4o*, with * at the end only.");
        }

        return models;
    }

    private static List<IReadOnlyList<RouteTarget>> ReadSteps(SettingReader settings, string name)
    {
        var steps = new List<IReadOnlyList<RouteTarget>>();
        foreach (var step in Split(settings.PlainText(name) ?? "", ','))
        {
            steps.Add([.. Split(step, '|').Select(Parse).OfType<RouteTarget>()]);
            if (steps[^1].Count != step.Count(static character => character == '|') + 1)
            {
                steps.Clear();
                break;
            }
        }

        var targets = steps.SelectMany(static step => step).ToList();
        if (targets.Count is 0 or > MaxTargets || targets.DistinctBy(static target => (target.Provider, target.Model)).Count() < targets.Count)
        {
            settings.AddError(
                name,
                $"must be a list such as openai/gpt-4o=3|azure/gpt-4o=1, claude/claude-sonnet-4: a provider and its model (without one, the model that the client names), | between those that share the requests by weights from 1 to {MaxWeight}, commas before what is tried next; {MaxTargets} at the most, none twice.");
        }

        var providers = settings.Section(ProxyOptions.Section).GetChildren().Select(static section => section.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var unknown in targets.Select(static target => target.Provider).Where(provider => !providers.Contains(provider)).Distinct())
        {
            settings.AddError(name, $"names the provider {unknown}, which is not configured: there is no {ProxyOptions.Section}__{unknown}__….");
        }

        return steps;
    }

    // provider/model=weight, the last two left out or not
    private static RouteTarget? Parse(string text)
    {
        var weight = 1;
        if (text.LastIndexOf('=') is var equals and > 0)
        {
            if (!int.TryParse(text.AsSpan(equals + 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out weight) || weight is < 1 or > MaxWeight)
            {
                return null;
            }

            text = text[..equals].TrimEnd();
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (provider, model) = slash < 0 ? (text, null) : (text[..slash], text[(slash + 1)..]);
        return provider.Length > 0 && (model is null || (RequestMetadata.NameOf(model) == model && !model.Contains('*', StringComparison.Ordinal)))
            ? new RouteTarget(provider.ToLowerInvariant(), model, weight)
            : null;
    }

    private static string[] Split(string text, char separator) => text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
