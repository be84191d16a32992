using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>What functions and middleware ask of a request.</summary>
public static class HttpRequestExtensions
{
    /// <summary>The token of <c>Authorization: Bearer …</c>; null where there is none, or more than one.</summary>
    public static string? BearerToken(this HttpRequest request) =>
        request.Headers.Authorization is [{ } value] ? Core.Http.BearerToken.Of(value) : null;

    /// <summary>The request's id, as it stands in <c>X-Request-Id</c> of the answer.</summary>
    public static string RequestId(this HttpRequest request) => request.HttpContext.TraceIdentifier;
}
