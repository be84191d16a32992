namespace QuotaFunctions.Core.Hosting;

/// <summary>A further admin token, of a person or a program. Only its hash is known to the service.</summary>
/// <param name="Name">What the log calls its holder: 1 to 32 letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="Sha256">The SHA-256 of the token, 64 hexadecimal digits.</param>
/// <param name="IsReadOnly">True where it may only GET.</param>
public sealed record NamedAdminToken(string Name, string Sha256, bool IsReadOnly)
{
    private const string Section = "AdminTokens";
    private static readonly string[] Names = ["Sha256", "ReadOnly"];

    /// <summary>Reads <c>AdminTokens__{name}__Sha256</c> and <c>AdminTokens__{name}__ReadOnly</c>.</summary>
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
                tokens.Add(new NamedAdminToken(name, hash, settings.Flag($"{setting}__ReadOnly", fallback: false)));
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
}
