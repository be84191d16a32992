using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.LocalHost.Functions;

/// <summary>Finds the functions of an app by their attributes.</summary>
internal static class FunctionDiscovery
{
    private const BindingFlags AnyPublic = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>
    /// The app's functions in the order of their names, which is the order in which the Functions host matches routes. Those
    /// that a setting <c>AzureWebJobs.{name}.Disabled</c> turns off are left out.
    /// </summary>
    public static IReadOnlyList<LocalFunction> Find(LocalFunctionsHostOptions options, IConfiguration configuration)
    {
        var methods = options.Assembly.GetTypes()
            .Where(type => type is { IsClass: true, ContainsGenericParameters: false } && options.IncludeType(type))
            .SelectMany(type => type.GetMethods(AnyPublic))
            .Select(method => (Method: method, method.GetCustomAttribute<FunctionAttribute>()?.Name))
            .Where(candidate => candidate.Name is not null)
            .OrderBy(candidate => candidate.Name, StringComparer.OrdinalIgnoreCase)
            .ToArray();

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (method, name) in methods)
        {
            if (!names.Add(name!))
            {
                throw new HostStartException($"function {name}: its name must be unique within the app");
            }
        }

        return [.. methods.Where(candidate => !IsDisabled(candidate.Name!)).Select(candidate => new LocalFunction(candidate.Name!, candidate.Method))];

        bool IsDisabled(string name) =>
            string.Equals(configuration[$"AzureWebJobs.{name}.Disabled"] ?? configuration[$"AzureWebJobs:{name}:Disabled"], "true", StringComparison.OrdinalIgnoreCase);
    }
}
