using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>Tells a function's route as it is declared: what a request's path is called where its ids must not be told.</summary>
public static class FunctionRoute
{
    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    /// <summary>The route of a function, such as <c>/manage/keys/{key}</c>. It is looked up once for each.</summary>
    public static string Of(FunctionDefinition function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Known.GetOrAdd(function.EntryPoint, Read);
    }

    private static string Read(string entryPoint)
    {
        var dot = entryPoint.LastIndexOf('.');
        var route = typeof(FunctionRoute).Assembly.GetType(entryPoint[..dot])?.GetMethod(entryPoint[(dot + 1)..])?.GetParameters()
            .Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(trigger => trigger is not null)?.Route;
        return route is null ? "other" : "/" + route.Replace(Routes.Area, "manage", StringComparison.Ordinal);
    }
}
