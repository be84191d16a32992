namespace QuotaFunctions.Core.Retention;

/// <summary>A part of a run that stands on its own: where it fails, the others go on.</summary>
internal interface IRetentionStage
{
    /// <summary>Its name, which is stored.</summary>
    string Name { get; }

    /// <summary>Does some of it. May be repeated, and done by several instances at once.</summary>
    /// <param name="limits">What is old.</param>
    /// <param name="cursor">Where to go on, as an earlier step said; null for the beginning.</param>
    /// <param name="budget">What a step may do.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Where the next step goes on; null where it is done.</returns>
    Task<string?> StepAsync(RetentionLimits limits, string? cursor, StepBudget budget, CancellationToken cancellationToken);
}
