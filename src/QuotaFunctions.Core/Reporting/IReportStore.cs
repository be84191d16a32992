using System.Text.Json.Serialization;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Reports that were asked for, and those that were made of them.</summary>
public interface IReportStore
{
    /// <summary>
    /// Asks for a report: it is made soon, by a function of the queue <c>report-requests</c>. Twice with the same id is once.
    /// </summary>
    /// <param name="id">The report's id, by <see cref="NewestFirstId"/>.</param>
    /// <param name="request">What to report on. It must be valid.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task RequestAsync(string id, ReportRequest request, CancellationToken cancellationToken);

    /// <summary>The same for a report that is to be sent once it is made.</summary>
    /// <param name="id">The report's id, by <see cref="NewestFirstId"/>.</param>
    /// <param name="request">What to report on. It must be valid.</param>
    /// <param name="delivery">To whom it goes; null for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task RequestAsync(string id, ReportRequest request, ReportDelivery? delivery, CancellationToken cancellationToken);

    /// <summary>How a report stands; null where it was never asked for.</summary>
    Task<StoredReport?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Reads a report that is ready; null for one that is not, or is not there.</summary>
    Task<QuotaReport?> ReadAsync(string id, CancellationToken cancellationToken);

    /// <summary>Keeps a report that was made. False where it is kept already: the first one stays.</summary>
    Task<bool> SaveAsync(string id, ReportRequest request, QuotaReport report, CancellationToken cancellationToken);

    /// <summary>Notes that a report cannot be made, unless it was.</summary>
    /// <param name="id">The report's id.</param>
    /// <param name="request">What was to be reported on.</param>
    /// <param name="reason">Why, in a few words.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task FailAsync(string id, ReportRequest request, string reason, CancellationToken cancellationToken);

    /// <summary>Lists reports, the newest first. It looks at a bounded number of them, so a page may be short and go on all the same.</summary>
    Task<ReportPage> ListAsync(ReportQuery query, CancellationToken cancellationToken);
}

/// <summary>A report that was asked for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Request">What it is on.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it was ready, or had failed; null before.</param>
/// <param name="Reason">Why it failed, in a few words; else null.</param>
public sealed record StoredReport(string Id, ReportStatus Status, ReportRequest Request, DateTimeOffset RequestedAt, DateTimeOffset? FinishedAt, string? Reason);

/// <summary>How a report stands.</summary>
[JsonConverter(typeof(WordConverter<ReportStatus>))]
public enum ReportStatus
{
    /// <summary>It is to be made.</summary>
    Queued,

    /// <summary>It can be read.</summary>
    Ready,

    /// <summary>It could not be made.</summary>
    Failed,
}

/// <summary>Which reports to list.</summary>
public sealed record ReportQuery
{
    /// <summary>The most reports a page.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where to go on: what next was on the page before, or null.</summary>
    public string? Cursor { get; init; }

    /// <summary>Of one tenant's keys only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>With one status only; null for any.</summary>
    public ReportStatus? Status { get; init; }
}

/// <summary>A page of reports.</summary>
/// <param name="Reports">The reports, the newest first.</param>
/// <param name="Next">Where the next page goes on; null on the last.</param>
public sealed record ReportPage(IReadOnlyList<StoredReport> Reports, string? Next);

/// <summary>The message that asks for a report: all that making it needs.</summary>
/// <param name="Id">The report's id.</param>
/// <param name="Request">What to report on.</param>
/// <param name="Delivery">To whom it goes then; null for nobody.</param>
public sealed record ReportMessage(string Id, ReportRequest Request, ReportDelivery? Delivery = null);
