using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Makes a pool that several keys draw on, each besides its own quota.</summary>
[RequestBody(typeof(NewPool))]
[Response(201, "Made.", typeof(PoolResponse))]
[TenantScoped]
public sealed class CreatePool(IPoolService pools)
{
    /// <summary>POST …/pools.</summary>
    [Function(nameof(CreatePool))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Pools)] HttpRequest request, string area, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken));
        var settings = KeySettingsReader.Read(fields, new PoolSettings { Name = "", Tenant = request.Admin().Tenant });
        fields.CheckTenant(request.Admin(), settings.Tenant);
        if (!fields.Has("quota"))
        {
            fields.AddError("quota", "is required.");
        }

        fields.ThrowIfInvalid();
        var pool = await pools.CreateAsync(settings, cancellationToken);
        return JsonResult.Created(PoolResponse.Of(pool), ResponseJson.Default.PoolResponse, Routes.Location(area, "pools", pool.Id));
    }
}
