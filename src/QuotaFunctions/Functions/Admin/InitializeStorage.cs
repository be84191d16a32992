using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Makes the tables and queues that are missing, as every start of the service does. What is there stays as it is.</summary>
[Response(200, "All of them.", typeof(StorageResponse))]
public sealed class InitializeStorage(IStorageSetup storage)
{
    /// <summary>POST …/storage.</summary>
    [Function(nameof(InitializeStorage))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Storage)] HttpRequest request, CancellationToken cancellationToken)
    {
        await storage.CreateAsync(cancellationToken);
        return JsonResult.Of(StorageResponse.Of(await storage.ReadAsync(cancellationToken)), ResponseJson.Default.StorageResponse);
    }
}
