namespace QuotaFunctions.Core.Reporting;

/// <summary>Sends reports that were made to whom they are for.</summary>
public interface IReportMailer
{
    /// <summary>Puts a mail for each recipient into the outbox. Done twice, it is done once.</summary>
    /// <param name="reportId">The report's id.</param>
    /// <param name="report">The report.</param>
    /// <param name="delivery">To whom it goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task DeliverAsync(string reportId, QuotaReport report, ReportDelivery delivery, CancellationToken cancellationToken);
}
