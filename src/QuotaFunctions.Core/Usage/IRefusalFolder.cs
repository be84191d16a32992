namespace QuotaFunctions.Core.Usage;

/// <summary>Folds what the instances counted of a day into one row, once the day is long over.</summary>
public interface IRefusalFolder
{
    /// <summary>Folds the days before yesterday that are not folded yet.</summary>
    Task FoldAsync(CancellationToken cancellationToken);
}
