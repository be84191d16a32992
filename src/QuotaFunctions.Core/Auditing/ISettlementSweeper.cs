namespace QuotaFunctions.Core.Auditing;

/// <summary>Closes what nobody closes any more: charges whose process died, holds past their deadline, ledger rows that are wholly in the log.</summary>
public interface ISettlementSweeper
{
    /// <summary>Goes once through all open ledger rows. May run on several instances at a time.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}
