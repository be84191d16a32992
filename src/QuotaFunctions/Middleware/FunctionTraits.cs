using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Functions;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Middleware;

/// <summary>What a function's class declares for the middleware.</summary>
/// <param name="Route">The route's template with the documented area, such as <c>/manage/keys/{key}</c>; null where it is not called over HTTP.</param>
/// <param name="IsTenantScoped">Whether a token that is limited to a tenant may call it.</param>
/// <param name="ChargesKeys">Whether it charges a key: who is not charged there was refused.</param>
internal sealed record FunctionTraits(string? Route, bool IsTenantScoped, bool ChargesKeys)
{
    private static readonly ConcurrentDictionary<string, FunctionTraits> Known = new(StringComparer.Ordinal);

    /// <summary>The traits of a function. They are read once for each.</summary>
    public static FunctionTraits Of(FunctionDefinition function) => Known.GetOrAdd(function.EntryPoint, Read);

    private static FunctionTraits Read(string entryPoint)
    {
        var methodAt = entryPoint.LastIndexOf('.');
        var type = methodAt < 0 ? null : typeof(FunctionTraits).Assembly.GetType(entryPoint[..methodAt]);
        var trigger = type?.GetMethod(entryPoint[(methodAt + 1)..])?.GetParameters()
            .Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(attribute => attribute is not null);
        return new FunctionTraits(
            trigger?.Route is { } route ? Routes.Documented(route) : null,
            type?.IsDefined(typeof(TenantScopedAttribute)) == true,
            type is not null && (type.IsDefined(typeof(ChargesAttribute)) || type.IsDefined(typeof(ForwardsAttribute))));
    }
}
