using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Http;

/// <summary>What functions and middleware ask of a request.</summary>
public static class HttpRequestExtensions
{
    /// <summary>The token of <c>Authorization: Bearer …</c>; null where there is none, or more than one.</summary>
    public static string? BearerToken(this HttpRequest request) =>
        request.Headers.Authorization is [{ } value] ? Core.Http.BearerToken.Of(value) : null;

    /// <summary>The request's id, as it stands in <c>X-Request-Id</c> of the answer.</summary>
    public static string RequestId(this HttpRequest request) => request.HttpContext.TraceIdentifier;

    /// <summary>Who asks on a management route, by their token.</summary>
    /// <exception cref="InvalidOperationException">The request was not authorized as an admin's.</exception>
    public static AdminPrincipal Admin(this HttpRequest request) =>
        request.HttpContext.Items[typeof(AdminPrincipal)] as AdminPrincipal ?? throw new InvalidOperationException("Nobody has authorized this request.");

    /// <summary>The error that the answer tells of; null where it tells of none.</summary>
    internal static Problem? Problem(this HttpContext context) => context.Items[typeof(Problem)] as Problem;

    /// <summary>Notes who asks, once their token is known.</summary>
    internal static void SetAdmin(this HttpRequest request, AdminPrincipal admin) => request.HttpContext.Items[typeof(AdminPrincipal)] = admin;
}
