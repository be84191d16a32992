using System.Text.Json;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Makes the reports that were asked for. A message may come more than once: the report is made once.</summary>
/// <param name="builder">Makes them.</param>
/// <param name="store">Keeps them.</param>
/// <param name="mailer">Sends those that are for somebody.</param>
/// <param name="logger">The log.</param>
public sealed partial class ReportMaker(IReportBuilder builder, IReportStore store, IReportMailer mailer, ILogger<ReportMaker> logger)
{
    /// <summary>
    /// Makes a report, unless it is ready. Where storage fails this throws, and the message comes again; where it is the report itself that cannot be
    /// made, its status says so.
    /// </summary>
    /// <param name="message">The message of the queue <c>report-requests</c>.</param>
    /// <param name="cancellationToken">Ends it: the message comes again.</param>
    public async Task MakeAsync(string message, CancellationToken cancellationToken)
    {
        var (id, request, delivery) = JsonSerializer.Deserialize(message, ReportJson.Default.ReportMessage) is { Id: { } wanted, Request: not null } what && NewestFirstId.IsId(wanted)
            ? what
            : throw new InvalidDataException("The message asks for no report.");
        if (await store.FindAsync(id, cancellationToken) is { Status: ReportStatus.Ready } || await TryMakeAsync(id, request, cancellationToken))
        {
            await DeliverAsync(id, delivery, cancellationToken);
        }
    }

    /// <summary>Makes a report and keeps it. False where it cannot be made.</summary>
    private async Task<bool> TryMakeAsync(string id, ReportRequest request, CancellationToken cancellationToken)
    {
        QuotaReport report;
        try
        {
            report = await builder.BuildAsync(request, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && !StorageErrors.IsTransient(failure))
        {
            LogFailed(logger, id, failure);
            await store.FailAsync(id, request, StorageErrors.Kind(failure), cancellationToken);
            return false;
        }

        await store.SaveAsync(id, request, report, cancellationToken);
        return true;
    }

    /// <summary>As it is kept: the mail has the same figures, also where it was made twice, or is sent later.</summary>
    private async Task DeliverAsync(string id, ReportDelivery? delivery, CancellationToken cancellationToken)
    {
        if (delivery is not null && await store.ReadAsync(id, cancellationToken) is { } report)
        {
            await mailer.DeliverAsync(id, report, delivery, cancellationToken);
        }
    }

    [LoggerMessage(2801, LogLevel.Error, "The report {Id} cannot be made.")]
    private static partial void LogFailed(ILogger logger, string id, Exception failure);
}
