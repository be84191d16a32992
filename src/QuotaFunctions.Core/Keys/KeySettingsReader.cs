using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Keys;

/// <summary>Reads settings from a request's fields over those that stand: for creation over none, for a change over the present ones.</summary>
public static class KeySettingsReader
{
    private static readonly QuotaUnit[] Units = Enum.GetValues<QuotaUnit>();

    /// <summary>Reads a key's settings and checks them; what is wrong is noted in the fields' faults.</summary>
    public static KeySettings Read(JsonFields fields, KeySettings current)
    {
        var unit = fields.Word("unit", current.Unit, Units);
        var settings = current with
        {
            Name = fields.Text("name", current.Name),
            QuotaType = fields.Word("quota_type", current.QuotaType, QuotaType.Count, QuotaType.Time, QuotaType.Hybrid),
            Unit = unit,
            Quota = fields.Units("quota", unit, current.Quota),
            ExpiresAt = fields.MomentOrNull("expires_at", current.ExpiresAt),
            RateLimitPerMinute = Narrow(fields.NumberOrNull("rate_limit_per_minute", current.RateLimitPerMinute)),
            MaxCost = fields.UnitsOrNull("max_cost", unit, current.MaxCost),
            MaxConcurrent = Narrow(fields.NumberOrNull("max_concurrent", current.MaxConcurrent)),
            Refill = ReadRefill(fields, unit, current.Refill),
            Tenant = fields.TextOrNull("tenant", current.Tenant),
            Email = fields.TextOrNull("email", current.Email),
            AllowedProviders = fields.Texts("allowed_providers", current.AllowedProviders),
            AllowedModels = fields.Texts("allowed_models", current.AllowedModels),
            AllowedIps = fields.Texts("allowed_ips", current.AllowedIps),
            Metadata = fields.Map("metadata", current.Metadata),
        };
        KeySettingsValidator.Validate(settings, fields.ValidationErrors);
        return settings;
    }

    /// <summary>Reads a pool's settings and checks them; what is wrong is noted in the fields' faults.</summary>
    public static PoolSettings Read(JsonFields fields, PoolSettings current)
    {
        var unit = fields.Word("unit", current.Unit, Units);
        var settings = current with
        {
            Name = fields.Text("name", current.Name),
            Unit = unit,
            Quota = fields.Units("quota", unit, current.Quota),
            Refill = ReadRefill(fields, unit, current.Refill),
            Tenant = fields.TextOrNull("tenant", current.Tenant),
        };
        KeySettingsValidator.Validate(settings, fields.ValidationErrors);
        return settings;
    }

    private static RefillPolicy? ReadRefill(JsonFields fields, QuotaUnit unit, RefillPolicy? current)
    {
        if (!fields.Within("refill", out var refill, out var cleared))
        {
            return cleared ? null : current;
        }

        if (current is null)
        {
            foreach (var required in (string[])["period", "amount"])
            {
                if (!refill.Has(required))
                {
                    refill.AddError(required, "is required.");
                }
            }
        }

        var policy = current ?? new RefillPolicy { Period = RefillPeriod.Daily, Amount = 1 };
        var period = refill.Word("period", policy.Period, RefillPeriod.Daily, RefillPeriod.Weekly, RefillPeriod.Monthly);
        return policy with
        {
            Period = period,
            Amount = refill.Units("amount", unit, policy.Amount),
            TimeZone = refill.Text("time_zone", policy.TimeZone),

            // Another period, another meaning: the day does not go over
            AnchorDay = Narrow(refill.Number("anchor_day", period == policy.Period ? policy.AnchorDay : 1)),
            Rollover = refill.Flag("rollover", policy.Rollover),
            RolloverCap = refill.UnitsOrNull("rollover_cap", unit, policy.RolloverCap),
        };
    }

    // What is out of range stays out of range, and is told by the rules
    private static int Narrow(long value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);

    private static int? Narrow(long? value) => value is { } number ? Narrow(number) : null;
}
