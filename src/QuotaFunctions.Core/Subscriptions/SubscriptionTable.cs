using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Subscriptions;

/// <inheritdoc cref="ISubscriptionStore"/>
/// <remarks>
/// A row for each, all in one partition. Of the default one the row has only what happened; what is set of it are the settings, and it is made
/// when the service first looks for it.
/// </remarks>
internal sealed class SubscriptionTable(
    TableServiceClient tables,
    StorageNames names,
    IOptions<SubscriptionOptions> defaults,
    IOptions<ReportOptions> reporting,
    TimeProvider clock,
    ILogger<SubscriptionTable> logger) : ISubscriptionStore
{
    private const string Partition = "subscription";
    private const int MaxAttempts = 10;

    private readonly TableClient _table = tables.GetTableClient(names.Subscriptions);

    /// <inheritdoc/>
    public async Task<Subscription> CreateAsync(SubscriptionSettings settings, CancellationToken cancellationToken)
    {
        var count = await _table.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, select: [nameof(TableEntity.RowKey)], cancellationToken: cancellationToken)
            .CountAsync(cancellationToken);
        if (count >= ISubscriptionStore.MaxSubscriptions)
        {
            throw new InvalidRequestException(JsonFields.Body, $"there are {ISubscriptionStore.MaxSubscriptions} subscriptions already: delete one first.");
        }

        var now = clock.GetUtcNow();
        var made = new Subscription { Id = Subscription.IdPrefix + Base62.Random(20), Settings = settings, CreatedAt = now, Since = now };
        await _table.AddEntityAsync(ToRow(made), cancellationToken);
        return made;
    }

    /// <inheritdoc/>
    public async Task<Subscription?> FindAsync(string id, CancellationToken cancellationToken) =>
        IsId(id) && await ReadAsync(id, cancellationToken) is var (found, _) ? found : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Subscription>> ListAsync(string? tenant, CancellationToken cancellationToken)
    {
        var all = await _table.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, cancellationToken: cancellationToken)
            .Where(row => row.RowKey != Subscription.DefaultId)
            .Select(OfRow)
            .ToListAsync(cancellationToken);
        if (await FindAsync(Subscription.DefaultId, cancellationToken) is { } ofSettings)
        {
            all.Add(ofSettings);
        }

        return [.. all.Where(it => tenant is null || it.Settings.Tenant == tenant)
            .OrderByDescending(it => it.IsDefault).ThenBy(it => it.Settings.Name, StringComparer.OrdinalIgnoreCase).ThenBy(it => it.Id, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<Subscription> ChangeAsync(string id, Func<Subscription, Subscription?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts && IsId(id); attempt++)
        {
            if (await ReadAsync(id, cancellationToken) is not var (found, version))
            {
                break;
            }

            if (change(found) is not { } changed)
            {
                return found;
            }

            if (await _table.TryWriteAsync(ToRow(changed), version, cancellationToken))
            {
                return changed;
            }
        }

        throw new KeyNotFoundException();
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) =>
        IsId(id) && (await _table.DeleteEntityAsync(Partition, id, ETag.All, cancellationToken)).Status != 404;

    /// <summary>True for a row that is a subscription; it throws where it cannot be read.</summary>
    public static bool IsRow(TableEntity row) => row.PartitionKey == Partition && IsId(row.RowKey) && OfRow(row).Settings is not null;

    private static bool IsId(string id) =>
        id == Subscription.DefaultId || (id.StartsWith(Subscription.IdPrefix, StringComparison.Ordinal) && Base62.IsBase62(id.AsSpan(Subscription.IdPrefix.Length)));

    private async Task<(Subscription Found, ETag Version)?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if (id != Subscription.DefaultId)
        {
            return await _table.FindAsync(Partition, id, select: null, logger, cancellationToken) is { } row ? (OfRow(row), row.ETag) : null;
        }

        if (defaults.Value.Recipients.Count == 0)
        {
            return null;
        }

        while (true)
        {
            if (await _table.FindAsync(Partition, id, select: null, logger, cancellationToken) is { } row)
            {
                return (OfRow(row) with { Settings = OfSettings() }, row.ETag);
            }

            var now = clock.GetUtcNow();
            await _table.TryWriteAsync(ToRow(new Subscription { Id = id, Settings = OfSettings(), CreatedAt = now, Since = now }), version: null, cancellationToken);
        }
    }

    private SubscriptionSettings OfSettings() => new()
    {
        Name = "REPORT_RECIPIENTS",
        Recipients = defaults.Value.Recipients,
        Schedule = defaults.Value.Schedule,
        Language = reporting.Value.Language,
    };

    private static TableEntity ToRow(Subscription it) => new(Partition, it.Id)
    {
        [nameof(it.Settings)] = JsonSerializer.Serialize(it.Settings, SubscriptionJson.Default.SubscriptionSettings),
        [nameof(it.Status)] = it.Status.ToString(),
        [nameof(it.CreatedAt)] = it.CreatedAt,
        [nameof(it.Since)] = it.Since,
        [nameof(it.LastRunAt)] = it.LastRunAt,
        [nameof(it.LastPeriod)] = it.LastPeriod,
        [nameof(it.LastSentAt)] = it.LastSentAt,
    };

    private static Subscription OfRow(TableEntity row) => new()
    {
        Id = row.RowKey,
        Settings = JsonSerializer.Deserialize(row.GetString(nameof(Subscription.Settings)), SubscriptionJson.Default.SubscriptionSettings)!,
        Status = Enum.Parse<SubscriptionStatus>(row.GetString(nameof(Subscription.Status))),
        CreatedAt = row.GetDateTimeOffset(nameof(Subscription.CreatedAt))!.Value,
        Since = row.GetDateTimeOffset(nameof(Subscription.Since))!.Value,
        LastRunAt = row.GetDateTimeOffset(nameof(Subscription.LastRunAt)),
        LastPeriod = row.GetString(nameof(Subscription.LastPeriod)),
        LastSentAt = row.GetDateTimeOffset(nameof(Subscription.LastSentAt)),
    };
}
