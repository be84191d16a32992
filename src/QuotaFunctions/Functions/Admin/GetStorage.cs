using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says which of the tables and queues that the service needs are there.</summary>
[Response(200, "All of them.", typeof(StorageResponse))]
public sealed class GetStorage(IStorageSetup storage)
{
    /// <summary>GET …/storage.</summary>
    [Function(nameof(GetStorage))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Storage)] HttpRequest request, CancellationToken cancellationToken) =>
        JsonResult.Of(StorageResponse.Of(await storage.ReadAsync(cancellationToken)), ResponseJson.Default.StorageResponse);
}
