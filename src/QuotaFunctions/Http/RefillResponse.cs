using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>How a quota is filled up again.</summary>
/// <param name="Period">How often.</param>
/// <param name="Amount">What each period grants.</param>
/// <param name="TimeZone">IANA name of the time zone whose midnight counts.</param>
/// <param name="AnchorDay">Day on which the period begins: 1 (Monday) to 7 for weekly, 1 to 31 for monthly; in shorter months their last day.</param>
/// <param name="Rollover">Keeps what was not used, up to rollover_cap.</param>
/// <param name="RolloverCap">At least amount; null for twice the amount.</param>
internal sealed record RefillResponse(
    [property: EnumDataType(typeof(RefillPeriod)), Example("monthly")] string Period,
    [property: Range(QuotaAmount.LeastDollars, KeySettingsValidator.MaxQuota), Example(100_000)] decimal Amount,
    [property: Example("Europe/Berlin")] string TimeZone,
    [property: Range(1, 31), Example(1)] int AnchorDay,
    bool Rollover,
    [property: Range(QuotaAmount.LeastDollars, KeySettingsValidator.MaxQuota)] decimal? RolloverCap)
{
    public static RefillResponse? Of(RefillPolicy? refill, QuotaUnit unit) => refill is null
        ? null
        : new RefillResponse(
            EnumNames.Of(refill.Period), QuotaAmount.Of(refill.Amount, unit), refill.TimeZone, refill.AnchorDay, refill.Rollover, QuotaAmount.Of(refill.RolloverCap, unit));
}
