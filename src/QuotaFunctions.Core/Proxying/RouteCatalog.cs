using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Finds the route of a model, and where it leads.</summary>
/// <param name="options">The routes.</param>
/// <param name="providers">The providers.</param>
/// <param name="random">Decides between targets that share the requests.</param>
internal sealed class RouteCatalog(IOptions<RouteOptions> options, ProviderCatalog providers, Random random)
{
    private readonly IReadOnlyList<Route> _routes = options.Value.Routes;

    /// <summary>The route that fits a model best: one that names it, else the one with the longest pattern; null where none does.</summary>
    public Route? Find(string? model) => model is null || _routes.Count == 0
        ? null
        : _routes.Select(route => (Route: route, Fit: route.Fits(model))).MaxBy(static found => found.Fit) is { Fit: > 0 } best ? best.Route : null;

    /// <summary>How long all targets of a route together may take to send headers.</summary>
    public TimeSpan TimeoutOf(Route route) => route.Timeout ?? route.Steps.SelectMany(static step => step)
        .Select(target => providers.Find(target.Provider)!.Timeout).Append(Route.DefaultTimeout).Max();

    /// <summary>The targets of a route for a request, in the order in which they are tried.</summary>
    /// <param name="route">The route.</param>
    /// <param name="model">The model that the request names.</param>
    /// <param name="path">Its path below <c>/v1/</c>.</param>
    /// <param name="query">Its query.</param>
    /// <param name="body">Its body.</param>
    /// <param name="isJson">Whether that is an object of JSON.</param>
    /// <exception cref="RefusedException">The route needs another model to be named, and that cannot be done in this request.</exception>
    public IReadOnlyList<UpstreamTarget> TargetsOf(Route route, string model, string path, string query, ClientBody body, bool isJson)
    {
        var targets = new List<UpstreamTarget>();
        foreach (var (name, other, _) in route.InTurn(random))
        {
            var provider = providers.Find(name)!;
            if (other is null || other.Equals(model, StringComparison.Ordinal))
            {
                targets.Add(new UpstreamTarget(provider, provider.AtOpenAI(path, query), model));
            }
            else if (UpstreamPath.ModelIn(path) is not null)
            {
                if (UpstreamPath.WithModel(path, other) is { } changed)
                {
                    targets.Add(new UpstreamTarget(provider, provider.AtOpenAI(changed, query), other));
                }
            }
            else if (isJson && !NamedModel.InQuery(query).Any() && ModelPlace.Put(body.Head.Span, body.Rest is null, other) is { } edit)
            {
                targets.Add(new UpstreamTarget(provider, provider.AtOpenAI(path, query), other, edit));
            }
        }

        return targets.Count > 0 ? targets : throw RefusedException.Invalid(
            "model", $"stands for other models here, and these can only be put into the path, or into the first {ClientBody.MaxHead} bytes of a body of JSON.");
    }
}
