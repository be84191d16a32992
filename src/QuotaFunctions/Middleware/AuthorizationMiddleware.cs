using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Lets nobody to an admin's functions but who has an admin token; with a read-only one they may GET, with one that is limited to a
/// tenant they may call the functions that are open to these. A function that does not say
/// who may call it is called by nobody.
/// </summary>
public sealed partial class AuthorizationMiddleware(AdminTokens tokens, ILogger<AuthorizationMiddleware> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && Refusal(context.FunctionDefinition, http.Request) is { } refusal)
        {
            await new ProblemResult(refusal).ExecuteAsync(http);
            return;
        }

        await next(context);
    }

    private Problem? Refusal(FunctionDefinition function, HttpRequest request)
    {
        switch (FunctionAudience.Of(function))
        {
            case Audience.Anyone or Audience.Holders:
                return null;
            case Audience.Admins:
                return TokenRefusal(function, request);
            default:
                WithoutAudience(function.Name, function.EntryPoint);
                return Problem.InternalError;
        }
    }

    private Problem? TokenRefusal(FunctionDefinition function, HttpRequest request)
    {
        if (request.BearerToken() is not { } token)
        {
            return Problem.TokenMissing;
        }

        if (tokens.Find(token) is not { } admin)
        {
            return Problem.TokenInvalid;
        }

        request.SetAdmin(admin);
        if (admin.IsReadOnly && !HttpMethods.IsGet(request.Method))
        {
            return Problem.TokenReadOnly;
        }

        return admin.Tenant is null || FunctionTraits.Of(function).IsTenantScoped ? null : Problem.TokenTenantOnly;
    }

    [LoggerMessage(1103, LogLevel.Error, "{Function} is refused to everybody: {EntryPoint} is in no namespace that says who may call it.")]
    private partial void WithoutAudience(string function, string entryPoint);
}
