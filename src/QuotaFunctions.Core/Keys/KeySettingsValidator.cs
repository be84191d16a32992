using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Keys;

/// <summary>The rules for a key's settings. The errors bear the names that clients know.</summary>
public static partial class KeySettingsValidator
{
    /// <summary>The largest quota, in units: in micro-dollars a million dollars.</summary>
    public const long MaxQuota = 1_000_000_000_000;

    /// <summary>The longest name, in characters.</summary>
    public const int MaxNameLength = NameRules.MaxTitleLength;

    /// <summary>The highest rate, in requests a minute.</summary>
    public const int MaxRate = 100_000;

    /// <summary>The most forwarded calls at once that a limit of them may allow.</summary>
    public const int MaxCalls = 10_000;

    /// <summary>The longest e-mail address, in characters.</summary>
    public const int MaxEmailLength = 254;

    /// <summary>The longest list of providers.</summary>
    public const int MaxProviders = 20;

    /// <summary>The longest list of models.</summary>
    public const int MaxModels = 50;

    /// <summary>The longest list of addresses.</summary>
    public const int MaxAddresses = 100;

    /// <summary>The most entries of metadata.</summary>
    public const int MaxMetadataEntries = 32;

    /// <summary>The most that the metadata's names and values may come to, in characters. Settings are stored in one property of at most 32,768.</summary>
    public const int MaxMetadataLength = 2_000;

    /// <summary>Refuses a top-up that would make a quota larger than a quota may be.</summary>
    /// <param name="quota">The quota, in units.</param>
    /// <param name="amount">What is to be added, in units.</param>
    /// <param name="unit">What they stand for.</param>
    /// <exception cref="InvalidRequestException">It would.</exception>
    public static void CheckTopUp(long quota, long amount, QuotaUnit unit)
    {
        if (quota > MaxQuota - amount)
        {
            throw new InvalidRequestException("amount", $"would make the quota larger than {QuotaAmount.Text(MaxQuota, unit)}.");
        }
    }

    /// <summary>Notes an error where a change would give the amounts in the books another meaning.</summary>
    /// <param name="before">What was counted in.</param>
    /// <param name="after">What is to be counted in.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static void CheckUnit(QuotaUnit before, QuotaUnit after, ValidationErrors faults) => new Check(faults, after).That(
        "unit", QuotaAmount.UnitsIn(before) == QuotaAmount.UnitsIn(after), "cannot be changed to usd, or from it: what is booked already would be another amount.");

    /// <summary>Notes an error where a key would count in something else than its pool: dollars are not added to anything else.</summary>
    /// <param name="pool">What the pool counts in.</param>
    /// <param name="key">What the key is to count in.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static void CheckPool(QuotaUnit pool, QuotaUnit key, ValidationErrors faults) => new Check(faults, key).That(
        "unit", QuotaAmount.UnitsIn(pool) == QuotaAmount.UnitsIn(key), $"must be that of the pool, which is {pool.ToString().ToLowerInvariant()}.");

    /// <summary>Notes an error where an amount is not within its limits.</summary>
    /// <param name="field">The field.</param>
    /// <param name="units">The amount, in units; null where there is none.</param>
    /// <param name="min">The least, in units.</param>
    /// <param name="unit">What they stand for.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static void CheckAmount(string field, long? units, long min, QuotaUnit unit, ValidationErrors faults) =>
        new Check(faults, unit).Amount(field, units, min, MaxQuota);

    /// <summary>Notes what is wrong with the settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="faults">Takes what is wrong. A field that is faulty already is not looked at again.</param>
    public static void Validate(KeySettings settings, ValidationErrors faults)
    {
        var check = new Check(faults, settings.Unit);
        check.Name(settings.Name);
        check.Amount("quota", settings.Quota, 0, MaxQuota);
        check.That("expires_at", settings.QuotaType == QuotaType.Count || settings.ExpiresAt is not null, "is required for the quota types time and hybrid.");
        check.Range("rate_limit_per_minute", settings.RateLimitPerMinute, 1, MaxRate);
        check.Amount("max_cost", settings.MaxCost, 1, ChargeRequest.MaxCostIn(settings.Unit));
        check.Range("max_concurrent", settings.MaxConcurrent, 1, MaxCalls);
        check.That("refill", settings.Refill is null || settings.QuotaType != QuotaType.Time, "has no meaning for the quota type time, which is not limited by units.");
        check.Refill(settings.Refill);
        check.Tenant(settings.Tenant);
        check.That("email", settings.Email is null || IsEmail(settings.Email), "must be an e-mail address.");
        check.List("allowed_providers", settings.AllowedProviders, MaxProviders, NameRules.IsName, "the name of a provider");
        check.List("allowed_models", settings.AllowedModels, MaxModels, static text => ModelName().IsMatch(text), "the name of a model; * at its end stands for any ending");
        check.List("allowed_ips", settings.AllowedIps, MaxAddresses, IsAddressOrNetwork, "an IP address, or a network such as 203.0.113.0/24");
        check.Metadata(settings.Metadata);
    }

    /// <summary>Notes what is wrong with a pool's settings.</summary>
    public static void Validate(PoolSettings settings, ValidationErrors faults)
    {
        var check = new Check(faults, settings.Unit);
        check.Name(settings.Name);
        check.Amount("quota", settings.Quota, 0, MaxQuota);
        check.Refill(settings.Refill);
        check.Tenant(settings.Tenant);
    }

    /// <summary>True for what a secret may begin with.</summary>
    public static bool IsPrefix(string text) => Prefix().IsMatch(text);

    /// <summary>True for what may be a tenant.</summary>
    public static bool IsTenant(string text) => NameRules.IsTitle(text);

    private static bool IsEmail(string text) =>
        text.Length <= MaxEmailLength && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
        && MailAddress.TryCreate(text, out var address) && address.Address == text;

    private static bool IsAddressOrNetwork(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            return network.ToString() == text || network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        }

        // IPv4 in full: "1" and "0x7f.1" are addresses to the parser as well
        return IPAddress.TryParse(text, out var address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 ? !text.Contains('%', StringComparison.Ordinal) : address.ToString() == text);
    }

    [GeneratedRegex(@"^[a-z][a-z0-9]{1,15}\z")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"^[A-Za-z0-9._:/@-]{0,127}[A-Za-z0-9._:/@*-]\z")]
    private static partial Regex ModelName();

    private readonly struct Check(ValidationErrors faults, QuotaUnit unit)
    {
        public void That(string field, bool holds, string fault)
        {
            if (!holds && !faults.Has(field))
            {
                faults.Add(field, fault);
            }
        }

        public void Range(string field, long? value, long min, long max) =>
            That(field, value is null || (value >= min && value <= max), string.Create(CultureInfo.InvariantCulture, $"must be from {min} to {max}."));

        public void Amount(string field, long? units, long min, long max) =>
            That(field, units is null || (units >= min && units <= max), $"must be from {QuotaAmount.Text(min, unit)} to {QuotaAmount.Text(max, unit)}.");

        public void Name(string name) =>
            That("name", NameRules.IsTitle(name), $"is required: 1 to {MaxNameLength} characters, without blanks at the ends and without control characters.");

        public void Tenant(string? tenant) =>
            That("tenant", tenant is null || IsTenant(tenant), $"must be 1 to {MaxNameLength} characters, without blanks at the ends and without control characters.");

        public void List(string field, IReadOnlyList<string> values, int max, Func<string, bool> holds, string what)
        {
            That(field, values.Count <= max, $"must have at most {max} entries.");
            for (var i = 0; i < Math.Min(values.Count, max); i++)
            {
                That($"{field}[{i}]", holds(values[i]), $"must be {what}.");
            }
        }

        public void Metadata(IReadOnlyDictionary<string, string> metadata)
        {
            That("metadata", metadata.Count <= MaxMetadataEntries && metadata.Sum(entry => (long)entry.Key.Length + entry.Value.Length) <= MaxMetadataLength,
                $"must have at most {MaxMetadataEntries} entries and {MaxMetadataLength} characters in all.");
            That("metadata", metadata.Keys.All(name => name.Length > 0), "must not have an empty name.");
        }

        public void Refill(RefillPolicy? refill)
        {
            if (refill is null)
            {
                return;
            }

            Amount("refill.amount", refill.Amount, 1, MaxQuota);
            That("refill.time_zone", RefillCalendar.IsTimeZone(refill.TimeZone), "must be a time zone's IANA name, such as Europe/Berlin.");
            Range("refill.anchor_day", refill.AnchorDay, 1, refill.Period switch
            {
                RefillPeriod.Weekly => 7,
                RefillPeriod.Monthly => 31,
                _ => 1,
            });
            Amount("refill.rollover_cap", refill.RolloverCap, refill.Amount, MaxQuota);
            That("refill.rollover_cap", refill.RolloverCap is null || refill.Rollover, "has no meaning without rollover.");
        }
    }
}
