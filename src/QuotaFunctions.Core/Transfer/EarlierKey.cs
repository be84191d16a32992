using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// A key of an earlier system, whose secret goes on working: a line with the fields of <c>POST /manage/keys</c>, the SHA-256 of the secret, and what was
/// used. Its id follows from the secret, so that the same key is imported once.
/// </summary>
internal static partial class EarlierKey
{
    private const string DefaultPrefix = "sk";
    private const int IdLength = 20;

    /// <summary>True for a line that is such a key.</summary>
    public static bool Is(JsonElement line) => ExportFormat.TypeOf(line) == ExportFormat.KeyType;

    /// <summary>Reads such a line.</summary>
    /// <returns>The key's account, and its rows, the head as the last one: what was used is in its books as an archived sum.</returns>
    /// <exception cref="InvalidRequestException">A field is wrong.</exception>
    public static (string AccountId, IReadOnlyList<TableEntity> Rows) Read(JsonElement line, DateTimeOffset now)
    {
        var fields = JsonFields.Of(line);
        _ = fields.Text("type", ExportFormat.KeyType);
        var settings = KeySettingsReader.Read(fields, new KeySettings { Name = "" });
        if (settings.QuotaType != QuotaType.Time && !fields.Has("quota"))
        {
            fields.AddError("quota", "is required, unless the quota type is time.");
        }

        var hash = fields.Text("secret_sha256", "");
        if (!Sha256().IsMatch(hash))
        {
            fields.AddError("secret_sha256", "must be the SHA-256 of the secret, in 64 lower-case hexadecimal digits.");
        }

        var prefix = fields.Text("prefix", DefaultPrefix);
        if (!KeySettingsValidator.IsPrefix(prefix))
        {
            fields.AddError("prefix", "must be 2 to 16 lower-case letters and digits and begin with a letter.");
        }

        var used = fields.Units("used", settings.Unit, 0);
        KeySettingsValidator.CheckAmount("used", used, 0, settings.Unit, fields.ValidationErrors);
        var status = fields.Word("status", KeyStatus.Active, KeyStatus.Active, KeyStatus.Disabled);
        var createdAt = fields.MomentOrNull("created_at", null) ?? now;
        fields.ThrowIfInvalid();

        var id = IdOf(hash);
        var key = new KeyState
        {
            Locator = new KeyLocator(id, id),
            Prefix = prefix,
            Settings = settings,
            Status = status,
            CreatedAt = createdAt < now ? createdAt : now,
            Secrets = [new SecretHash(hash)],
            Balance = new QuotaBalance { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota, Used = used },
            Rate = new RateWindow(),
        };
        key.Balance.SetRefill(settings.Refill, now);
        IReadOnlyList<TableEntity> sums = used == 0 ? [] : [KeyArchive.Of(id, id, used), new KeySum(id, used, new UsageSum { Adjusted = used }, Version: null).ToEntity(id)];
        return (id, [.. sums, AccountEntity.Of(key)]);
    }

    private static string IdOf(string hash) =>
        "key_" + Base62.Encode(SHA256.HashData(Encoding.UTF8.GetBytes("key of an earlier system " + hash)), IdLength);

    [GeneratedRegex("^[0-9a-f]{64}\\z")]
    private static partial Regex Sha256();
}
