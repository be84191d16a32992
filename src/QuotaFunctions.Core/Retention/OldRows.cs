using Azure.Data.Tables;

namespace QuotaFunctions.Core.Retention;

/// <summary>Deletes rows that lie in one range by their time, and that no books need.</summary>
/// <param name="name">The stage's name.</param>
/// <param name="table">Where they are.</param>
/// <param name="filter">The range, by what is old.</param>
internal sealed class OldRows(string name, TableClient table, Func<RetentionLimits, string> filter) : IRetentionStage
{
    private const string More = "more";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public async Task<string?> StepAsync(RetentionLimits limits, string? cursor, StepBudget budget, CancellationToken cancellationToken) =>
        await RowDeleter.DeleteAsync(table, filter(limits), budget, cancellationToken) ? null : More;
}
