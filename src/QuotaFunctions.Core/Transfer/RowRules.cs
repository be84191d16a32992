using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>What rows an import takes: those that an export writes, and that the service can read.</summary>
internal static partial class RowRules
{
    /// <summary>What storage takes: characters of text, bytes, values of a row, bytes of a row.</summary>
    private const int MaxText = 32 * 1024;
    private const int MaxBinary = 64 * 1024;
    private const int MaxValues = 252;
    private const int MaxRow = 1024 * 1024;

    /// <summary>What is wrong with a row; null where it is good.</summary>
    public static string? Check(string table, TableEntity row) => CheckSize(row) ?? CheckForm(table, row);

    /// <summary>The account that a row belongs to; null for a row of no account.</summary>
    public static string? AccountOf(string table, TableEntity row) => table switch
    {
        ExportFormat.Accounts => row.PartitionKey,
        ExportFormat.Log => KeyLocator.AccountOf(AuditTable.KeyOf(row)),
        _ => null,
    };

    /// <summary>True for the row of an account that comes last.</summary>
    public static bool IsHead(string table, TableEntity row) => table == ExportFormat.Accounts && row.RowKey == AccountRowKeys.Head(row.PartitionKey);

    private static string? CheckSize(TableEntity row)
    {
        var size = row.Sum(value => 2L * value.Key.Length + value.Value switch
        {
            string text => text.Length <= MaxText ? 2L * text.Length : MaxRow,
            byte[] bytes => bytes.Length <= MaxBinary ? bytes.Length : MaxRow,
            _ => 16,
        });
        return size < MaxRow && row.Count <= MaxValues ? null : "the row is larger than a table takes";
    }

    private static string? CheckForm(string table, TableEntity row)
    {
        try
        {
            return table switch
            {
                ExportFormat.Accounts => CheckAccount(row),
                ExportFormat.Log => CheckLog(row),
                ExportFormat.AdminAudit => NewestFirstId.IsId(row.RowKey) && row.PartitionKey == NewestFirstId.Month(NewestFirstId.At(row.RowKey)) ? null : "this is no row of what admins did",
                ExportFormat.Subscriptions => SubscriptionTable.IsRow(row) ? null : "this is no subscription",
                _ => "its table is none that an export has",
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or ArgumentException or InvalidOperationException or InvalidCastException or OverflowException or NullReferenceException)
        {
            return "the service could not read this row";
        }
    }

    private static string? CheckAccount(TableEntity row)
    {
        var isPool = KeyLocator.IsPoolId(row.PartitionKey);
        if (!isPool && !(KeyLocator.TryParse(row.PartitionKey, out var own) && own.AccountId == row.PartitionKey))
        {
            return "its partition is no account";
        }

        var kind = AccountRow().Match(row.RowKey);
        if (!kind.Success)
        {
            return "this is no row that an account has";
        }

        if (kind.Groups["id"] is { Success: true, Value: var id } && KeyLocator.AccountOf(id) != row.PartitionKey)
        {
            return "the row is for a key of another account";
        }

        switch (row.RowKey[..(row.RowKey.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? colon : row.RowKey.Length)])
        {
            case "key":
                var key = AccountEntity.ToKey(row);
                return key.Secrets.All(secret => Sha256().IsMatch(secret.Hash)) ? Check(key.Balance, key.Settings) : "a secret is no SHA-256 in 64 lower-case hexadecimal digits";
            case AccountRowKeys.Pool:
                return isPool ? Check(AccountEntity.ToPool(row)) : "a pool stands in an account of a key";
            case "commit":
                _ = LedgerReader.ToCommit(row).Row.Entries.Count;
                return null;
            case "compacted":
                _ = KeySum.Of("", row).Usage.Used;
                return null;
            case "usage":
                _ = KeyDay.Of("", AccountRowKeys.DayOfUsage(row.RowKey), row).Slots.Count;
                return null;
            default:
                return null;
        }
    }

    private static string? Check(QuotaBalance balance, KeySettings settings)
    {
        var errors = new ValidationErrors();
        KeySettingsValidator.Validate(settings, errors);
        errors.ThrowIfAny();
        return Check(balance);
    }

    private static string? Check(PoolState pool)
    {
        var errors = new ValidationErrors();
        KeySettingsValidator.Validate(pool.Settings, errors);
        errors.ThrowIfAny();
        return Check(pool.Balance);
    }

    private static string? Check(QuotaBalance balance) =>
        balance is { Quota: >= 0 and <= KeySettingsValidator.MaxQuota, Used: >= 0, Held: >= 0, Leased: 0 } ? null : "the amounts are out of range";

    private static string? CheckLog(TableEntity row)
    {
        if (!LogPartition().IsMatch(row.PartitionKey) || !LogRow().IsMatch(row.RowKey))
        {
            return "this is no row of the log";
        }

        var id = AuditTable.KeyOf(row);
        if (!KeyLocator.IsPoolId(id) && !KeyLocator.TryParse(id, out _))
        {
            return "its partition names no key";
        }

        return AuditTable.ReadAll(row).Any() ? null : "the row says nothing";
    }

    [GeneratedRegex("^(?:key:(?<id>key_[0-9A-Za-z_]+)|pool|commit:[0-9]{19}|(?:compacted|archived):(?<id>(?:key|pool)_[0-9A-Za-z_]+)|usage:(?<id>key_[0-9A-Za-z_]+):[0-9]{8}"
        + "|provisional:[0-9]{8}:[0-9]{19}|settled:[0-9]{8}:(?<id>key_[0-9A-Za-z_]+):chg_[0-9-]{1,60})\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex AccountRow();

    [GeneratedRegex("^(?:key|pool)_[0-9A-Za-z_]{1,60}:[0-9]{8}:[0-9]{19}\\z")]
    private static partial Regex LogPartition();

    [GeneratedRegex("^[0-9]{19}-[0-9]{3}\\z")]
    private static partial Regex LogRow();

    [GeneratedRegex("^[0-9a-f]{64}\\z")]
    private static partial Regex Sha256();
}
