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

/// <summary>Issues a key; the only answer, but a rotation's, that shows it.</summary>
[RequestBody(typeof(NewKey))]
[Response(201, "Issued.", typeof(IssuedKeyResponse))]
[TenantScoped]
public sealed class CreateKey(IKeyService keys, IPoolService pools, TimeProvider time)
{
    private const string DefaultPrefix = "trial";

    /// <summary>POST …/keys.</summary>
    [Function(nameof(CreateKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Keys)] HttpRequest request, string area, CancellationToken cancellationToken)
    {
        var admin = request.Admin();
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken));
        var pool = await FindPoolAsync(fields, admin, cancellationToken);
        var settings = KeySettingsReader.Read(fields, new KeySettings { Name = "", Tenant = admin.Tenant, Unit = pool?.Settings.Unit ?? QuotaUnit.Requests });
        KeySettingsValidator.CheckPool(pool?.Settings.Unit ?? settings.Unit, settings.Unit, fields.ValidationErrors);
        fields.CheckTenant(admin, settings.Tenant);
        if (settings.QuotaType != QuotaType.Time && !fields.Has("quota"))
        {
            fields.AddError("quota", "is required, unless the quota type is time.");
        }

        if (settings.ExpiresAt <= time.GetUtcNow())
        {
            fields.AddError("expires_at", "must lie in the future.");
        }

        var prefix = fields.Text("prefix", DefaultPrefix);
        if (!KeySettingsValidator.IsPrefix(prefix))
        {
            fields.AddError("prefix", "must be 2 to 16 lower-case letters and digits and begin with a letter.");
        }

        fields.ThrowIfInvalid();
        try
        {
            var issued = await keys.CreateAsync(settings, prefix, pool?.Id, admin.Name, cancellationToken);
            return JsonResult.Created(IssuedKeyResponse.Of(issued, time.GetUtcNow()), ResponseJson.Default.IssuedKeyResponse, Routes.Location(area, "keys", issued.Key.Id));
        }
        catch (KeyNotFoundException)
        {
            throw new InvalidRequestException("pool", UnknownPool);
        }
    }

    private const string UnknownPool = "must be the id of a pool.";

    /// <summary>The pool that the key is to draw on; null for none. One that there is none of is an error.</summary>
    private async Task<Pool?> FindPoolAsync(JsonFields fields, AdminPrincipal admin, CancellationToken cancellationToken)
    {
        if (fields.TextOrNull("pool", null) is not { } id)
        {
            return null;
        }

        var pool = await pools.FindAsync(id, cancellationToken);
        if (pool is null || pool.Status == KeyStatus.Revoked || !admin.MayAccess(pool.Settings.Tenant))
        {
            fields.AddError("pool", UnknownPool);
            return null;
        }

        return pool;
    }
}
