using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Retention;

/// <summary>The stages of a run, in their order.</summary>
internal sealed class RetentionStages(OldKeys keys, TableServiceClient tables, StorageNames names)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<IRetentionStage> All { get; } =
    [
        keys,
        new OldRows("log-index", tables.GetTableClient(names.AuditIndex), limits => AuditIndex.Before(LedgerRow.StartOf(limits.LogDay))),
        new OldRows("usage", tables.GetTableClient(names.Usage), limits => UsageEntity.DaysBefore(limits.UsageDay)),
        new OldRows("refusals", tables.GetTableClient(names.Usage), limits => RefusalTable.DaysBefore(limits.UsageDay)),
        new OldRows("admin-audit", tables.GetTableClient(names.AdminAudit), limits => AdminAuditTable.Before(limits.AdminAudit)),

        // The reports before their parts: one that is listed can be shown
        new OldRows("reports", tables.GetTableClient(names.Reports), limits => ReportRow.Before(limits.Reports)),
        new OldRows("report-parts", tables.GetTableClient(names.Reports), limits => ReportRow.PartsBefore(limits.Reports)),
        new OldRows("report-mails", tables.GetTableClient(names.Mails), limits => ReportMailer.Before(limits.Reports)),
        new OldRows("alert-mails", tables.GetTableClient(names.Mails), limits => AlertMail.Before(limits.Reports)),
        new OldRows("alerts", tables.GetTableClient(names.Alerts), limits => AlertTable.PastBefore(limits.Reports)),
    ];
}
