using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;

namespace QuotaFunctions.Middleware;

/// <summary>Who may call a function over HTTP.</summary>
public enum Audience
{
    /// <summary>Nobody: it stands in no namespace that says who may.</summary>
    Nobody,

    /// <summary>Anyone, without a key or a token.</summary>
    Anyone,

    /// <summary>Holders of keys: the function itself asks for the key.</summary>
    Holders,

    /// <summary>Admins: the middleware asks for the token.</summary>
    Admins,
}

/// <summary>Tells a function's audience by its namespace, which is the folder that it stands in: never by a request's path.</summary>
public static class FunctionAudience
{
    private const string Functions = "QuotaFunctions.Functions.";

    private static readonly ConcurrentDictionary<string, Audience> Known = new(StringComparer.Ordinal);

    /// <summary>The audience of a function. It is worked out once for each.</summary>
    public static Audience Of(FunctionDefinition function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Of(function.EntryPoint);
    }

    /// <summary>The audience of the function with this entry point: <c>{namespace}.{class}.{method}</c>.</summary>
    public static Audience Of(string entryPoint) => Known.GetOrAdd(entryPoint, Read);

    private static Audience Read(string entryPoint)
    {
        var parts = entryPoint.StartsWith(Functions, StringComparison.Ordinal) ? entryPoint[Functions.Length..].Split('.') : [];
        return parts switch
        {
            ["Admin", _, _] => Audience.Admins,
            ["Holder", _, _] => Audience.Holders,
            ["Public", _, _] => Audience.Anyone,
            _ => Audience.Nobody,
        };
    }
}
