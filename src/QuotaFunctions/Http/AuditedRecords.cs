using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Http;

/// <summary>What the admin audit says of what an action is done to.</summary>
/// <param name="Target">The id or the name; null where it is not known.</param>
/// <param name="Record">The record in JSON, as the management routes show it: without secrets. Null where there is none.</param>
internal sealed record AuditedRecord(string? Target, string? Record);

/// <summary>Reads for the admin audit what actions are done to.</summary>
internal sealed class AuditedRecords(
    IKeyService keys, IPoolService pools, ISubscriptionStore subscriptions, SettingValues settings, TemporaryLogLevel logLevel, TimeProvider time)
{
    private const int MaxTargetLength = 200;
    private const string LogLevel = LogLevels.Setting;

    /// <summary>What a route names: a key by its id or its secret, a pool, or something else by its name.</summary>
    public async Task<AuditedRecord> FindAsync(string route, RouteValueDictionary parameters, CancellationToken cancellationToken)
    {
        if (route == Routes.Documented(Routes.Settings))
        {
            return new AuditedRecord(LogLevel, await FindAsync(LogLevel, cancellationToken));
        }

        var (name, value) = parameters.FirstOrDefault(parameter => parameter.Key != "area");
        if (value is not string { Length: <= MaxTargetLength } text)
        {
            return new AuditedRecord(null, null);
        }

        if (name is not ("key" or "token") || KeyLocator.TryParse(text, out _))
        {
            return new AuditedRecord(text, await FindAsync(text, cancellationToken));
        }

        // By its secret. One that nobody has may be a mistyped one of somebody
        return await keys.FindAsync(text, cancellationToken) is { } key ? new AuditedRecord(key.Id, Write(key)) : new AuditedRecord(null, null);
    }

    /// <summary>The record of a key, a pool or a subscription, by its id, or of the log level; null where there is none.</summary>
    public async Task<string?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id == LogLevel)
        {
            await logLevel.ReadAsync(cancellationToken);
            var shown = SettingsResponse.Of(settings, logLevel).Settings.Single(setting => setting.Name == LogLevel);
            return JsonSerializer.Serialize(shown, ResponseJson.Default.SettingResponse);
        }

        if (KeyLocator.IsPoolId(id))
        {
            return await pools.FindAsync(id, cancellationToken) is { } pool
                ? JsonSerializer.Serialize(PoolResponse.Of(pool), ResponseJson.Default.PoolResponse)
                : null;
        }

        if (id.StartsWith(Subscription.IdPrefix, StringComparison.Ordinal))
        {
            return await subscriptions.FindAsync(id, cancellationToken) is { } subscription
                ? JsonSerializer.Serialize(SubscriptionResponse.Of(subscription, time.GetUtcNow()), ResponseJson.Default.SubscriptionResponse)
                : null;
        }

        return KeyLocator.TryParse(id, out _) && await keys.FindAsync(id, cancellationToken) is { } key ? Write(key) : null;
    }

    private string Write(ApiKey key) => JsonSerializer.Serialize(KeyResponse.Of(key, time.GetUtcNow()), ResponseJson.Default.KeyResponse);
}
