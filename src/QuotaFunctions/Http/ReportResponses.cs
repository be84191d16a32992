using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A page of reports.</summary>
/// <param name="Reports">The reports, the newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last. A page that is not full may have one, too.</param>
internal sealed record ReportsResponse(
    IReadOnlyList<ReportResponse> Reports,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("2516000000000000000-0198c0de00007000800000000000cafe")] string? Next);

/// <summary>A report that was asked for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Period">Which period it is on.</param>
/// <param name="From">The first day, where it is between two days.</param>
/// <param name="To">The first day after it, where it is between two days.</param>
/// <param name="TimeZone">The time zone of its days.</param>
/// <param name="Tenant">Of the keys of this tenant only; absent for all.</param>
/// <param name="Key">Of this key only; absent for all.</param>
/// <param name="Language">Its language.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it was ready, or had failed; absent before.</param>
/// <param name="Reason">Why it failed; absent otherwise.</param>
internal sealed record ReportResponse(
    [property: Example("2516000000000000000-0198c0de00007000800000000000cafe")] string Id,
    [property: AllowedValues("queued", "ready", "failed")] string Status,
    [property: AllowedValues("day", "week", "month", "days")] string Period,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateOnly? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateOnly? To,
    [property: Example("Europe/Zurich")] string TimeZone,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("acme")] string? Tenant,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    [property: AllowedValues("en", "zh")] string Language,
    DateTimeOffset RequestedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? FinishedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static ReportResponse Of(StoredReport report) => new(
        report.Id,
        EnumNames.Of(report.Status),
        EnumNames.Of(report.Request.Period),
        report.Request.From,
        report.Request.To,
        report.Request.TimeZone,
        report.Request.Tenant,
        report.Request.Key,
        EnumNames.Of(report.Request.Language),
        report.RequestedAt,
        report.FinishedAt,
        report.Reason);
}
