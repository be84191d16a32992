using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>204: done, nothing to say.</summary>
public sealed class NoContentResult : IResult
{
    /// <summary>There is but one.</summary>
    public static readonly NoContentResult Instance = new();

    private NoContentResult()
    {
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
