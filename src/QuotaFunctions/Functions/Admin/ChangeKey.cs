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

/// <summary>Changes what is given of a key; null clears.</summary>
[RequestBody(typeof(KeyChange))]
[Response(200, "As it is now.", typeof(KeyResponse))]
[TenantScoped]
public sealed class ChangeKey(IKeyService keys, TimeProvider time)
{
    /// <summary>PATCH …/keys/{key}.</summary>
    [Function(nameof(ChangeKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = Routes.Key)] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        return await keys.WithKeyAsync(
            request,
            key,
            async found =>
            {
                var changed = await keys.ChangeAsync(found.Id, current => Change(body, current, request.Admin()), request.Admin().Name, cancellationToken);
                return JsonResult.Of(KeyResponse.Of(changed, time.GetUtcNow()), ResponseJson.Default.KeyResponse);
            },
            cancellationToken);
    }

    private static (KeySettings Settings, KeyStatus Status) Change(JsonElement body, ApiKey current, AdminPrincipal admin)
    {
        var fields = JsonFields.Of(body);
        var settings = KeySettingsReader.Read(fields, current.Settings);
        KeySettingsValidator.CheckUnit(current.Settings.Unit, settings.Unit, fields.ValidationErrors);
        fields.CheckTenant(admin, settings.Tenant);
        var status = fields.Word("status", current.Status, KeyStatus.Active, KeyStatus.Disabled);
        Fixed(fields, "prefix", current.Prefix);
        Fixed(fields, "pool", current.PoolId);
        fields.ThrowIfInvalid();
        return (settings, status);
    }

    // What a client read and sends back as it was is no fault
    private static void Fixed(JsonFields fields, string name, string? current)
    {
        if (fields.TextOrNull(name, current) != current)
        {
            fields.AddError(name, "cannot be changed.");
        }
    }
}
