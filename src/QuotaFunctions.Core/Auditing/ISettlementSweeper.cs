namespace QuotaFunctions.Core.Auditing;

/// <summary>Closes what nobody closes any more: charges whose process died, holds past their deadline, ledger rows that are wholly in the log.</summary>
public interface ISettlementSweeper
{
    /// <summary>
    /// Goes once through all accounts that have open work, and sees to it that it is called again as long as there are any. May run on
    /// several instances at a time. What fails for one account is logged, and done by the next sweep; so is all of it while storage is away.
    /// </summary>
    Task SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Is done after each sweep.</summary>
internal interface ISweepFollowUp
{
    /// <summary>Does its work. May be repeated, and run on several instances at a time. What fails is logged, and done after the next sweep.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
