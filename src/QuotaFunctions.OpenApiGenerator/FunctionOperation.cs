using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Functions;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>A function with one method of its route, as the app's code declares it.</summary>
/// <param name="Function">The function's class.</param>
/// <param name="Id">The operation's id: the function's name, after the method where the function takes several.</param>
/// <param name="Method">The HTTP method, in upper case.</param>
/// <param name="Path">The documented path: <c>/manage/…</c> for the management routes.</param>
/// <param name="PathParameters">The path's parameters, as the route names them.</param>
/// <param name="Audience">Who may call it.</param>
internal sealed partial record FunctionOperation(
    Type Function, string Id, string Method, string Path, IReadOnlyList<string> PathParameters, Audience Audience)
{
    // Of a function that takes any method, the ones that are documented
    private static readonly string[] AnyMethod = ["GET", "PUT", "POST", "DELETE", "PATCH"];

    /// <summary>The body that it reads; null for none.</summary>
    public RequestBodyAttribute? RequestBody { get; } = Function.GetCustomAttribute<RequestBodyAttribute>();

    /// <summary>The query that it reads; null for none.</summary>
    public QueryAttribute? Query { get; } = Function.GetCustomAttribute<QueryAttribute>();

    /// <summary>The responses that it declares.</summary>
    public IReadOnlyList<ResponseAttribute> Responses { get; } = [.. Function.GetCustomAttributes<ResponseAttribute>()];

    /// <summary>True when it forwards the request.</summary>
    public bool Forwards { get; } = Function.IsDefined(typeof(ForwardsAttribute));

    /// <summary>True when it charges the key.</summary>
    public bool Charges { get; } = Function.IsDefined(typeof(ChargesAttribute)) || Function.IsDefined(typeof(ForwardsAttribute));

    /// <summary>Every operation of the app that is called over HTTP, by path and method.</summary>
    public static IReadOnlyList<FunctionOperation> ReadAll(Assembly app) =>
    [
        .. app.GetTypes().SelectMany(Read)
            .OrderBy(operation => operation.Path, StringComparer.Ordinal)
            .ThenBy(operation => Array.IndexOf(AnyMethod, operation.Method)),
    ];

    /// <summary>The error responses: those that follow from who may call it and what it reads, and those that it declares.</summary>
    public IEnumerable<KeyValuePair<string, ErrorResponse>> Errors()
    {
        // A status that the function declares itself goes before one that follows
        var declared = Function.GetCustomAttributes<ErrorResponseAttribute>().SelectMany(attribute => attribute.Names).Select(Named).ToList();
        var statuses = declared.Select(error => error.Value.Status).Concat(Responses.Select(response => response.Status)).ToHashSet();
        return ErrorsThatFollow().Distinct().Select(Named).Where(error => !statuses.Contains(error.Value.Status)).Concat(declared);
    }

    private IEnumerable<string> ErrorsThatFollow()
    {
        if (Audience == Audience.Admins)
        {
            yield return nameof(ErrorResponses.TokenRequired);
            switch (Method == "GET", Function.IsDefined(typeof(TenantScopedAttribute)))
            {
                case (false, true):
                    yield return nameof(ErrorResponses.TokenReadOnly);
                    break;
                case (true, false):
                    yield return nameof(ErrorResponses.TokenTenantOnly);
                    break;
                case (false, false):
                    yield return nameof(ErrorResponses.TokenNotAllowed);
                    break;
            }

            if (PathParameters.Count > 0)
            {
                yield return nameof(ErrorResponses.NotFound);
            }
        }

        if (Audience == Audience.Holders)
        {
            yield return nameof(ErrorResponses.InvalidRequest);
            yield return nameof(ErrorResponses.KeyRequired);
            yield return nameof(ErrorResponses.NotAllowed);
        }

        if (Query is not null)
        {
            yield return nameof(ErrorResponses.InvalidRequest);
        }

        if (RequestBody is not null)
        {
            yield return nameof(ErrorResponses.InvalidRequest);
            yield return nameof(ErrorResponses.BodyTooLarge);
            yield return nameof(ErrorResponses.UnsupportedEncoding);
        }

        if (Charges)
        {
            yield return nameof(ErrorResponses.IdempotencyMismatch);
            yield return nameof(ErrorResponses.TooMany);
        }

        if (Forwards)
        {
            yield return nameof(ErrorResponses.IdempotencyConflict);
            yield return nameof(ErrorResponses.NotSupported);
            yield return nameof(ErrorResponses.Upstream);
            yield return nameof(ErrorResponses.Unavailable);
            yield return nameof(ErrorResponses.UpstreamTimeout);
        }
        else if (Audience != Audience.Anyone)
        {
            yield return nameof(ErrorResponses.QuotaUnavailable);
        }
    }

    private static KeyValuePair<string, ErrorResponse> Named(string name) => new(name, ErrorResponses.ByName[name]);

    private static IEnumerable<FunctionOperation> Read(Type type)
    {
        foreach (var method in type.GetMethods())
        {
            var function = method.GetCustomAttribute<FunctionAttribute>();
            var trigger = method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(it => it is not null);
            if (function is null || trigger is null)
            {
                continue;
            }

            var route = Routes.Documented(trigger.Route!);
            var methods = trigger.Methods is { Length: > 0 } some ? some : AnyMethod;
            foreach (var verb in methods.Select(verb => verb.ToUpperInvariant()))
            {
                yield return new FunctionOperation(
                    type,
                    methods.Length == 1 ? function.Name : $"{verb[0]}{verb[1..].ToLowerInvariant()}{function.Name}",
                    verb,
                    RouteParameter().Replace(route, match => $"{{{JsonNamingPolicy.SnakeCaseLower.ConvertName(match.Groups[1].Value)}}}"),
                    [.. RouteParameter().Matches(route).Select(match => match.Groups[1].Value)],
                    FunctionAudience.Of($"{type.FullName}.{method.Name}"));
            }
        }
    }

    [GeneratedRegex(@"\{\*?(\w+)\}")]
    private static partial Regex RouteParameter();
}
