using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Changes what is given of a pool; null clears.</summary>
[RequestBody(typeof(PoolChange))]
[Response(200, "As it is now.", typeof(PoolResponse))]
[TenantScoped]
public sealed class ChangePool(IPoolService pools)
{
    /// <summary>PATCH …/pools/{pool}.</summary>
    [Function(nameof(ChangePool))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = Routes.Pool)] HttpRequest request, string pool, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        return await pools.WithPoolAsync(
            request,
            pool,
            async found =>
            {
                var changed = await pools.ChangeAsync(found.Id, current => Change(body, current, request.Admin()), request.Admin().Name, cancellationToken);
                return JsonResult.Of(PoolResponse.Of(changed), ResponseJson.Default.PoolResponse);
            },
            cancellationToken);
    }

    private static (PoolSettings Settings, KeyStatus Status) Change(JsonElement body, Pool current, AdminPrincipal admin)
    {
        var fields = JsonFields.Of(body);
        var settings = KeySettingsReader.Read(fields, current.Settings);
        KeySettingsValidator.CheckUnit(current.Settings.Unit, settings.Unit, fields.ValidationErrors);
        fields.CheckTenant(admin, settings.Tenant);
        var status = fields.Word("status", current.Status, KeyStatus.Active, KeyStatus.Disabled);
        fields.ThrowIfInvalid();
        return (settings, status);
    }
}
