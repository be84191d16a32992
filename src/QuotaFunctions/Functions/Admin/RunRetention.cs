using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Begins a retention run now, also where the timer is off. It goes on by itself: running says for how long.</summary>
/// <remarks>Where a run goes on already, no second one is begun.</remarks>
[Response(202, "It runs.", typeof(RetentionResponse))]
public sealed class RunRetention(IRetentionService retention)
{
    /// <summary>POST …/retention/run.</summary>
    [Function(nameof(RunRetention))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Retention + "/run")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonResult.Of(
            RetentionResponse.Of(await retention.StartAsync(cancellationToken)),
            ResponseJson.Default.RetentionResponse,
            StatusCodes.Status202Accepted);
}
