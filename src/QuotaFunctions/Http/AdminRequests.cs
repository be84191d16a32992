using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>What the functions of keys and pools have in common.</summary>
internal static class AdminRequests
{
    /// <summary>Does something with the key of this id or secret; 404 where there is none, none any more, or another tenant's.</summary>
    public static async Task<IResult> WithKeyAsync(
        this IKeyService keys, HttpRequest request, string idOrSecret, Func<ApiKey, Task<IResult>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return await keys.FindAsync(idOrSecret, cancellationToken) is { } key && request.Admin().MayAccess(key.Settings.Tenant)
                ? await operation(key)
                : NoSuchKey();
        }
        catch (KeyNotFoundException)
        {
            return NoSuchKey();
        }
    }

    /// <summary>Does something with the pool of this id; 404 where there is none, none any more, or another tenant's.</summary>
    public static async Task<IResult> WithPoolAsync(
        this IPoolService pools, HttpRequest request, string id, Func<Pool, Task<IResult>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return await pools.FindAsync(id, cancellationToken) is { } pool && request.Admin().MayAccess(pool.Settings.Tenant)
                ? await operation(pool)
                : NoSuchPool();
        }
        catch (KeyNotFoundException)
        {
            return NoSuchPool();
        }
    }

    public static ProblemResult NoSuchKey() => new(Problem.NotFound, "There is no such key, or it has been revoked.");

    public static ProblemResult NoSuchPool() => new(Problem.NotFound, "There is no such pool, or it has been revoked.");

    public static ProblemResult NoSuchQueue() => new(Problem.NotFound, "There is no such queue: GET the list of queues for their names.");

    public static ProblemResult NoSuchAlert() => new(Problem.NotFound, "There is no such alert: GET the list of alerts for their ids.");

    /// <summary>Notes an error where a token that is limited to a tenant would give a key or a pool to another one.</summary>
    public static void CheckTenant(this JsonFields fields, AdminPrincipal admin, string? tenant)
    {
        if (!admin.MayAccess(tenant))
        {
            fields.AddError("tenant", OtherTenant(admin));
        }
    }

    /// <summary>The tenant that a list is of: the one that is asked for, else the one that the token is limited to; null for all.</summary>
    public static string? Tenant(this QueryFields fields, AdminPrincipal admin)
    {
        var asked = fields.Text("tenant");
        if (asked is not null && !admin.MayAccess(asked))
        {
            fields.AddError("tenant", OtherTenant(admin));
        }

        return asked ?? admin.Tenant;
    }

    private static string OtherTenant(AdminPrincipal admin) => $"must be {admin.Tenant}: the token is limited to that tenant.";

    /// <summary>Reads a reset: the new quota in units, or null to leave it.</summary>
    /// <param name="body">What was sent.</param>
    /// <param name="unit">What the quota counts in.</param>
    public static long? ReadReset(JsonElement body, QuotaUnit unit)
    {
        var fields = JsonFields.Of(body);
        var quota = fields.UnitsOrNull("quota", unit, current: null);
        KeySettingsValidator.CheckAmount("quota", quota, min: 0, unit, fields.ValidationErrors);
        fields.ThrowIfInvalid();
        return quota;
    }

    /// <summary>Reads a top-up: what to add, in units.</summary>
    /// <inheritdoc cref="ReadReset"/>
    public static long ReadTopUp(JsonElement body, QuotaUnit unit)
    {
        var fields = JsonFields.Of(body);
        var amount = fields.Units("amount", unit, current: 0);
        KeySettingsValidator.CheckAmount("amount", amount, min: 1, unit, fields.ValidationErrors);
        fields.ThrowIfInvalid();
        return amount;
    }
}
