using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Makes usage reports, from what was counted and the index of keys: never from the log.</summary>
public interface IReportBuilder
{
    /// <summary>Makes a report. What it reads and holds is bounded by the number of keys; nothing is asked of each of them.</summary>
    /// <param name="request">What to report on. It must be valid.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StorageUnavailableException">Storage did not answer in time.</exception>
    Task<QuotaReport> BuildAsync(ReportRequest request, CancellationToken cancellationToken);
}
