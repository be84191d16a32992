using System.Globalization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>Reads what clients of the earlier token service send: its words for the settings of a key.</summary>
internal static class FlowFields
{
    /// <summary>What is said of text that is no date.</summary>
    public const string NoDate = "must be a date, such as 2030-01-31.";

    /// <summary>The most days that a token may be good for.</summary>
    public const int MaxDays = 36_500;

    /// <summary>How a token's expiry is given.</summary>
    public enum Operation
    {
        /// <summary>It never expires.</summary>
        Unlimited,

        /// <summary>A number of days from now.</summary>
        Add,

        /// <summary>At the end of a date.</summary>
        Set,
    }

    /// <summary>Reads the settings of a new key.</summary>
    /// <exception cref="InvalidRequestException">Something is wrong with them.</exception>
    public static KeySettings ReadToken(JsonFields fields, AdminPrincipal admin, DateTimeOffset now)
    {
        var workspace = fields.TextOrNull("ws_id", null) ?? "";
        Check(fields, "ws_id", KeySettingsValidator.IsTenant(workspace), "is required: 1 to 200 characters.");
        Check(fields, "ws_id", admin.MayAccess(workspace), $"must be {admin.Tenant}: the token is limited to that tenant.");
        var expiresAt = ReadExpiry(fields, now);
        var type = fields.Word("quota_type", QuotaType.Time, QuotaType.Count, QuotaType.Time, QuotaType.Hybrid);
        Check(fields, "operation", type == QuotaType.Count || expiresAt is not null, "must be add or set for the quota types time and hybrid.");
        var quota = fields.Number("total_quota", 0);
        Check(fields, "total_quota", type == QuotaType.Time || fields.Has("total_quota"), "is required, unless the quota type is time.");
        Check(fields, "total_quota", quota is >= 0 and <= KeySettingsValidator.MaxQuota, $"must be from 0 to {KeySettingsValidator.MaxQuota}.");
        var rate = fields.NumberOrNull("rate_limit_per_minute", null);
        Check(fields, "rate_limit_per_minute", rate is null or (>= 1 and <= KeySettingsValidator.MaxRate), $"must be from 1 to {KeySettingsValidator.MaxRate}.");
        var settings = new KeySettings
        {
            Name = workspace,
            Tenant = workspace,
            Email = fields.TextOrNull("email", null),
            QuotaType = type,
            Quota = quota,
            ExpiresAt = expiresAt,
            RateLimitPerMinute = rate is >= 1 and <= KeySettingsValidator.MaxRate ? (int)rate : null,
        };
        if (!fields.ValidationErrors.Any)
        {
            KeySettingsValidator.Validate(settings, fields.ValidationErrors);
        }

        fields.ThrowIfInvalid();
        return settings;
    }

    /// <summary>The beginning of a date in UTC; null where the text is none.</summary>
    public static DateTimeOffset? ParseDate(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year is >= 2000 and < 9000
            ? new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero)
            : null;

    private static DateTimeOffset? ReadExpiry(JsonFields fields, DateTimeOffset now)
    {
        var operation = fields.Word("operation", Operation.Unlimited, Operation.Add, Operation.Set, Operation.Unlimited);
        var days = fields.Number("days", 0);
        var end = ParseDate(fields.TextOrNull("specific_date", null))?.AddDays(1);
        switch (operation)
        {
            case Operation.Add:
                Check(fields, "days", days is >= 1 and <= MaxDays, $"must be from 1 to {MaxDays}.");
                return now.AddDays(Math.Clamp(days, 1, MaxDays));
            case Operation.Set:
                Check(fields, "specific_date", end > now, "must be a date such as 2030-01-31 that is not over.");
                return end ?? now;
            default:
                return null;
        }
    }

    private static void Check(JsonFields fields, string field, bool holds, string error)
    {
        if (!holds && !fields.ValidationErrors.Has(field))
        {
            fields.AddError(field, error);
        }
    }
}
