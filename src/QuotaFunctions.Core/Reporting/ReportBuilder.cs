using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Reporting;

/// <inheritdoc cref="IReportBuilder"/>
internal sealed class ReportBuilder(
    IUsageReader usage, KeyIndex index, VitalHealth health, IOptions<ReportOptions> options, TimeProvider clock) : IReportBuilder
{
    /// <inheritdoc/>
    public async Task<QuotaReport> BuildAsync(ReportRequest request, CancellationToken cancellationToken)
    {
        var keys = (await index.ReadAsync(cancellationToken)).ToDictionary(key => key.Id);
        if (request is { Key: { } one, Tenant: { } tenant } && keys.GetValueOrDefault(one)?.Tenant != tenant)
        {
            throw new KeyNotFoundException("The key is not the tenant's, or not any more.");
        }

        var now = clock.GetUtcNow();
        var (period, before) = ReportPeriods.Of(request, request.AsOf ?? now);
        var query = new UsageQuery { KeyId = request.Key, Tenant = request.Tenant, Zone = request.Zone, From = period.From, To = period.To };
        var isOneDay = period.FirstDay == period.LastDay;
        var byModel = query with { GroupBy = UsageGroup.Model, WithRefused = false, Granularity = isOneDay ? UsageGranularity.Hour : UsageGranularity.Day };

        // One after the other: each holds a row for every key
        var data = new ReportData(
            await usage.ReadAsync(query, cancellationToken),
            await usage.ReadAsync(query with { From = before.From, To = before.To }, cancellationToken),
            await usage.ReadAsync(byModel, cancellationToken),
            keys,
            (await health.ReportAsync(cancellationToken)).Status == HealthStatus.Healthy);
        return ReportComposer.Compose(request, period, before, data, options.Value, now);
    }
}

/// <summary>What a report is made of.</summary>
/// <param name="Usage">Usage by key in the period.</param>
/// <param name="UsageBefore">Usage by key in the period before.</param>
/// <param name="ByModel">Usage by model in the period, split into days or hours.</param>
/// <param name="Keys">What the index says of keys, by their ids.</param>
/// <param name="IsHealthy">Whether everything vital is well.</param>
internal sealed record ReportData(
    UsageReport Usage, UsageReport UsageBefore, UsageReport ByModel, IReadOnlyDictionary<string, IndexedKey> Keys, bool IsHealthy);
