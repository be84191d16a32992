using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Hosting;

/// <summary>A further admin token, of a person or a program. Only its hash is known to the service.</summary>
/// <param name="Name">What the log calls its holder: 1 to 32 letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="Sha256">The SHA-256 of the token, 64 hexadecimal digits.</param>
/// <param name="IsReadOnly">True where it may only GET.</param>
/// <param name="Tenant">The tenant that it is limited to; null where it is not limited.</param>
[Setting(
    "AdminTokens__<name>__Sha256",
    "none",
    "a further admin token, named: the SHA-256 of it in hexadecimal (`printf %s TOKEN | sha256sum`). `actor` in the log is its name. Take "
    + "the setting away, and the token is no longer good", IsSecret = true)]
[Setting("AdminTokens__<name>__ReadOnly", "`false`", "`true`: it may only GET")]
[Setting(
    "AdminTokens__<name>__Tenant",
    "all tenants",
    "it may see and change the keys and pools of this tenant only, and creates them for it; see below")]
public sealed record NamedAdminToken(string Name, string Sha256, bool IsReadOnly, string? Tenant = null)
{
    private const string Section = "AdminTokens";
    private static readonly string[] Names = ["Sha256", "ReadOnly", "Tenant"];

    /// <summary>Reads <c>AdminTokens__{name}__Sha256</c>, <c>__ReadOnly</c> and <c>__Tenant</c>.</summary>
    internal static IReadOnlyList<NamedAdminToken> Read(SettingReader settings)
    {
        var tokens = new List<NamedAdminToken>();
        foreach (var name in settings.Names(Section, "token", Names))
        {
            var setting = $"{Section}__{name}";
            if (AdminTokens.IsReserved(name))
            {
                settings.AddError(setting, "must have another name: this one stands for ADMIN_TOKEN or ADMIN_READONLY_TOKEN.");
            }
            else if (ReadHash(settings, $"{setting}__Sha256", tokens) is { } hash)
            {
                tokens.Add(new NamedAdminToken(name, hash, settings.Flag($"{setting}__ReadOnly", fallback: false), ReadTenant(settings, $"{setting}__Tenant")));
            }
        }

        return tokens;
    }

    private static string? ReadHash(SettingReader settings, string setting, List<NamedAdminToken> before)
    {
        if (settings.Text(setting)?.ToLowerInvariant() is not { Length: 64 } hash || !hash.All(char.IsAsciiHexDigitLower))
        {
            settings.AddError(setting, "must be the SHA-256 of the token in hexadecimal, for example the output of `printf %s TOKEN | sha256sum`.");
            return null;
        }

        if (before.Exists(token => token.Sha256 == hash))
        {
            settings.AddError(setting, "must not be the same as another token's: each token has one name.");
            return null;
        }

        return hash;
    }

    // One that is empty is a mistake: without a tenant the token would reach everything
    private static string? ReadTenant(SettingReader settings, string setting)
    {
        var tenant = settings.PlainText(setting);
        if (tenant is null ? settings.Section(setting).Value is not null : !NameRules.IsTitle(tenant))
        {
            settings.AddError(setting, $"must be the name of a tenant, 1 to {NameRules.MaxTitleLength} characters; leave it out for all tenants.");
        }

        return tenant;
    }
}
