using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Retention;

/// <summary>The moments before which a run deletes. They do not move during a run.</summary>
/// <param name="Log">The log goes, by whole days (UTC) that are over.</param>
/// <param name="Usage">The days of usage go.</param>
/// <param name="Revoked">Revoked keys and pools go that were written last before it.</param>
/// <param name="AdminAudit">What admins did goes, by whole months (UTC).</param>
/// <param name="Reports">Reports go, by whole months (UTC), and mails and alerts that are over.</param>
internal sealed record RetentionLimits(DateTimeOffset Log, DateTimeOffset Usage, DateTimeOffset Revoked, DateTimeOffset AdminAudit, DateTimeOffset Reports)
{
    /// <summary>The first day (UTC, yyyyMMdd) of the log that stays.</summary>
    public int LogDay => LedgerRow.DayOf(Log);

    /// <summary>The first day (UTC, yyyyMMdd) of usage that stays.</summary>
    public int UsageDay => LedgerRow.DayOf(Usage);

    /// <summary>The limits of a run that began at a moment.</summary>
    public static RetentionLimits Of(RetentionOptions options, DateTimeOffset now) => new(
        now.AddDays(-options.LogDays), now.AddDays(-options.UsageDays), now.AddDays(-options.RevokedDays), now.AddDays(-options.AdminAuditDays), now.AddDays(-options.ReportDays));
}
