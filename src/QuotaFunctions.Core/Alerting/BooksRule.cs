using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Alerting;

/// <summary>The books of a key do not balance.</summary>
internal sealed class BooksRule(IBookInspector inspector) : IAlertRule
{
    /// <inheritdoc/>
    public string Name => AlertRules.BooksUnbalanced;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        [.. (await inspector.ReadUnbalancedAsync(cancellationToken)).Select(books => new AlertCondition(
            books.KeyId, AlertSeverity.Critical, books.Units, AlertData.Of(("units", books.Units))))];
}
