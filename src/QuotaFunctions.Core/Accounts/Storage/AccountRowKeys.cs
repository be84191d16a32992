using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>The rows of an account's partition: the one place that makes their keys.</summary>
/// <remarks>Row keys are unique over all partitions where that is cheap: Azurite looks them up by one index.</remarks>
internal static partial class AccountRowKeys
{
    public const string Pool = "pool";

    /// <summary>Says which import has made the account.</summary>
    public const string Import = "import";

    private const string KeyPrefix = "key:";
    private const string CommitPrefix = "commit:";
    private const string CompactedPrefix = "compacted:";
    private const string ArchivedPrefix = "archived:";
    private const string SettledPrefix = "settled:";
    private const string IdempotencyPrefix = "idempotency:";
    private const string LeasePrefix = "lease:";
    private const string UsagePrefix = "usage:";
    private const string ProvisionalPrefix = "provisional:";

    public static string Key(string keyId) => KeyPrefix + keyId;

    public static string Commit(long sequence) => string.Create(CultureInfo.InvariantCulture, $"{CommitPrefix}{sequence:D19}");

    public static long SequenceOf(string commitRow) =>
        long.Parse(commitRow.AsSpan(CommitPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The sum of the commits that are wholly in the log and were deleted.</summary>
    public static string Compacted(string keyId) => CompactedPrefix + keyId;

    /// <summary>What retention has taken out of the books of a key.</summary>
    public static string Archived(string keyId) => ArchivedPrefix + keyId;

    /// <summary>A day of a key, counted.</summary>
    public static string Usage(string keyId, int day) => $"{UsagePrefix}{keyId}:{NameOf(day)}";

    /// <summary>The day that such a row is for.</summary>
    public static int DayOfUsage(string row) => int.Parse(row.AsSpan(row.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Charges of a commit that are counted although their ends may still be told.</summary>
    public static string Provisional(int day, long sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{ProvisionalOf(NameOf(day))}{sequence:D19}");

    /// <summary>The day of charges that such a row is for.</summary>
    public static int DayOfProvisional(string row) => int.Parse(row.AsSpan(ProvisionalPrefix.Length, 8), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Marks begin with their day, so that those of a day are one range.</summary>
    public static string Settled(string keyId, ChargeId charge) => $"{SettledOf(NameOf(charge.Day))}{keyId}:{charge}";

    public static string Lease(string leaseId) => LeasePrefix + leaseId;

    /// <summary>The charge that a mark says is settled; null where the row is no such mark.</summary>
    public static ChargeId? SettledCharge(string row) =>
        row.StartsWith(SettledPrefix, StringComparison.Ordinal) && ChargeId.TryParse(row[(row.LastIndexOf(':') + 1)..], out var charge)
            ? charge
            : null;

    public static bool IsLease(string row) => row.StartsWith(LeasePrefix, StringComparison.Ordinal);

    /// <inheritdoc cref="Settled"/>
    public static string Idempotency(int day, string keyId, string idempotencyKey) =>
        $"{IdempotencyOf(NameOf(day))}{keyId}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)))}";

    /// <summary>Filters: all rows of a kind, whatever the partition.</summary>
    public static string AllKeys => Range(KeyPrefix);

    /// <inheritdoc cref="AllKeys"/>
    public static string AllCommits => Range(CommitPrefix);

    /// <inheritdoc cref="AllKeys"/>
    public static string AllLeases => Range(LeasePrefix);

    /// <summary>Filter: the commits from one number to another.</summary>
    public static string CommitsBetween(long first, long last) => $"RowKey ge '{Commit(first)}' and RowKey le '{Commit(last)}'";

    /// <summary>Filters of an account's partition: the sums of all keys; what was counted by days, and all marks; the records, with the leases.</summary>
    public static string AllSums => $"({Range(ArchivedPrefix)}) or ({Range(CompactedPrefix)})";

    /// <inheritdoc cref="AllSums"/>
    public static string AllDaysAndMarks => $"({Range(ProvisionalPrefix)}) or ({Range(SettledPrefix)}) or ({Range(UsagePrefix)})";

    /// <inheritdoc cref="AllSums"/>
    public static string AllRecords => $"RowKey ge '{KeyPrefix}' and RowKey le '{Pool}'";

    /// <summary>The row that an account's head stands in.</summary>
    public static string Head(string accountId) => KeyLocator.IsPoolId(accountId) ? Pool : Key(accountId);

    /// <summary>The key that a row is the record of; null for any other row.</summary>
    public static string? KeyOf(string row) => row.StartsWith(KeyPrefix, StringComparison.Ordinal) ? row[KeyPrefix.Length..] : null;

    /// <summary>The key, or the pool, that a row of sums or of a day is for; null for any other row.</summary>
    public static string? CountedIn(string row) => row switch
    {
        _ when row.StartsWith(CompactedPrefix, StringComparison.Ordinal) => row[CompactedPrefix.Length..],
        _ when row.StartsWith(ArchivedPrefix, StringComparison.Ordinal) => row[ArchivedPrefix.Length..],
        _ when row.StartsWith(UsagePrefix, StringComparison.Ordinal) => row[UsagePrefix.Length..row.LastIndexOf(':')],
        _ => null,
    };

    /// <summary>True for a commit's row.</summary>
    public static bool IsCommit(string row) => row.StartsWith(CommitPrefix, StringComparison.Ordinal);

    /// <summary>True for a day's row.</summary>
    public static bool IsUsage(string row) => row.StartsWith(UsagePrefix, StringComparison.Ordinal);

    /// <summary>The day that the name of a mark begins with; null for any other row.</summary>
    public static int? DayOfMark(string row) => Mark().Match(row) is { Success: true } mark
        ? int.Parse(mark.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    /// <summary>Filter: the days of a key.</summary>
    public static string UsageOf(string keyId) => Range($"{UsagePrefix}{keyId}:");

    /// <inheritdoc cref="AllKeys"/>
    public static string AllProvisional => Range(ProvisionalPrefix);

    /// <summary>Filters: the marks of settled charges, of Idempotency-Keys, and of charges whose ends may still be told, of a day (yyyyMMdd).</summary>
    public static IReadOnlyList<string> MarksOf(string day) => [Range(SettledOf(day)), Range(IdempotencyOf(day)), Range(ProvisionalOf(day))];

    public static bool IsProvisional(string row) => row.StartsWith(ProvisionalPrefix, StringComparison.Ordinal);

    [GeneratedRegex("^(?:settled|provisional):([0-9]{8}):")]
    private static partial Regex Mark();

    private static string SettledOf(string day) => $"{SettledPrefix}{day}:";

    private static string IdempotencyOf(string day) => $"{IdempotencyPrefix}{day}:";

    private static string ProvisionalOf(string day) => $"{ProvisionalPrefix}{day}:";

    private static string NameOf(int day) => day.ToString("D8", CultureInfo.InvariantCulture);

    // ';' is the character after ':'.
    private static string Range(string prefix) => $"RowKey ge '{prefix}' and RowKey lt '{prefix[..^1]};'";
}
