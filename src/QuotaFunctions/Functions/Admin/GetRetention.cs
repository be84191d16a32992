using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how long the log is kept, and what was deleted.</summary>
[Response(200, "How it stands.", typeof(RetentionResponse))]
public sealed class GetRetention(IRetentionService retention)
{
    /// <summary>GET …/retention.</summary>
    [Function(nameof(GetRetention))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Retention)] HttpRequest request, CancellationToken cancellationToken) =>
        JsonResult.Of(RetentionResponse.Of(await retention.ReadAsync(cancellationToken)), ResponseJson.Default.RetentionResponse);
}
