using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Tells of each threshold of a quota that is reached, once for what was granted, and when there is room again.</summary>
internal sealed partial class QuotaThresholds(
    AlertBook book, IAccountStore store, IOptions<AlertOptions> options, TimeProvider clock, ILogger<QuotaThresholds> logger) : IStandingListener
{
    private readonly IReadOnlyList<int> _thresholds = options.Value.QuotaThresholds;

    /// <inheritdoc/>
    public async Task ToldAsync(StandingMark? before, QuotaStanding now, CancellationToken cancellationToken)
    {
        var (was, threshold) = (before is null ? 0 : ReachedOf(before.Limit, before.Used), ReachedOf(now.Limit, now.Used));
        if ((was == 0 && threshold == 0) || (was == threshold && before?.Period == now.Period))
        {
            return;
        }

        try
        {
            await book.ReachAsync(now, threshold, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && !StorageErrors.IsTransient(failure))
        {
            // A row that nobody can read must not hold up what counts usage
            LogNotTold(logger, now.Subject, StorageErrors.Kind(failure));
        }
    }

    /// <summary>Looks at a quota again of which there is an alert: for what no usage tells of, such as a refill before the next request.</summary>
    public async Task LookAgainAsync(Alert alert, CancellationToken cancellationToken)
    {
        if (await ReadAsync(alert.Subject, cancellationToken) is { } standing)
        {
            await book.ReachAsync(standing, ReachedOf(standing.Limit, standing.Used), cancellationToken);
        }
        else
        {
            await book.ReleaseAsync(alert.Id, cancellationToken);
        }
    }

    /// <summary>What the texts need of a quota.</summary>
    public static IReadOnlyDictionary<string, string> DataOf(QuotaStanding standing) => AlertData.Of(
        ("name", standing.Name),
        ("unit", standing.Unit.ToString().ToLowerInvariant()),
        ("limit", QuotaAmount.Of(standing.Limit, standing.Unit)),
        ("used", QuotaAmount.Of(standing.Used, standing.Unit)),
        ("resets_at", standing.ResetsAt));

    /// <summary>The highest threshold that is reached, in per cent; 0 for none.</summary>
    private int ReachedOf(long? limit, long used) =>
        limit is > 0 ? _thresholds.LastOrDefault(threshold => (Int128)used * 100 >= (Int128)threshold * limit.Value) : 0;

    private async Task<QuotaStanding?> ReadAsync(string subject, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (KeyLocator.IsPoolId(subject))
        {
            return await store.LoadAsync(subject, cancellationToken) is { Pool: { } pool } account ? QuotaStanding.Of(pool, account.Head.Sequence, now) : null;
        }

        return KeyLocator.TryParse(subject, out var locator) && await store.ReadAsync(locator, isConsistent: false, cancellationToken) is { } record
            ? QuotaStanding.Of(record, now)
            : null;
    }

    [LoggerMessage(3102, LogLevel.Error, "The alert of the quota of {Subject} could not be changed ({Failure}).")]
    private static partial void LogNotTold(ILogger logger, string subject, string failure);
}
