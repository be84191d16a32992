using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Keys' and pools' records as rows: what never changes with a charge in one group of properties, the counters in another.</summary>
internal static class AccountEntity
{
    /// <summary>The property of a lease that was closed.</summary>
    public const string IsClosed = "IsClosed";

    private const string CommitId = "CommitId";
    private const string Sequence = "Sequence";
    private const string At = "At";
    private const string Used = "Used";
    private const string Leased = "Leased";
    private const string LastUsedAt = "LastUsedAt";

    /// <summary>Notes in the row of a pool's key which commit changed it last; of a key of its own the head says so.</summary>
    public static void WriteSequence(TableEntity row, long sequence) => row[Sequence] = sequence;

    /// <summary>The commit that changed a record last; 0 where none has.</summary>
    public static long SequenceOf(TableEntity row) => row.GetInt64(Sequence) ?? 0;

    public static void WriteHead(TableEntity row, LedgerHead head)
    {
        WriteSequence(row, head.Sequence);
        row[CommitId] = head.CommitId;
        row[At] = head.At;
    }

    public static void WriteCounters(TableEntity row, KeyState key)
    {
        WriteCounters(row, key.Balance);
        if (key.LastUsedAt is { } lastUsedAt)
        {
            row[LastUsedAt] = lastUsedAt;
        }

        if (key.OpenCalls is { } openCalls)
        {
            row["OpenCalls"] = openCalls;
        }

        if (key.Settings.RateLimitPerMinute is not null)
        {
            row["Rate"] = key.Rate.ToBytes();
        }
    }

    public static void WriteCounters(TableEntity row, QuotaBalance balance)
    {
        row["Quota"] = balance.Quota;
        row[Used] = balance.Used;
        row["Held"] = balance.Held;
        row[Leased] = balance.Leased;
        row["ZeroSequence"] = balance.LastReset.Sequence;
        row["ZeroIndex"] = balance.LastReset.Index;
        if (balance.ResetsAt is { } resetsAt)
        {
            row["ResetsAt"] = resetsAt;
        }
    }

    public static void WriteRecord(TableEntity row, KeyState key)
    {
        row["Name"] = key.Settings.Name;
        row["Status"] = key.Status.ToString();
        row["Prefix"] = key.Prefix;
        row["CreatedAt"] = key.CreatedAt;
        row["Settings"] = JsonSerializer.Serialize(key.Settings, RecordJson.Default.KeySettings);
        row["Secrets"] = JsonSerializer.Serialize(key.Secrets, RecordJson.Default.IReadOnlyListSecretHash);
    }

    public static void WriteRecord(TableEntity row, PoolState pool)
    {
        row["Name"] = pool.Settings.Name;
        row["Status"] = pool.Status.ToString();
        row["CreatedAt"] = pool.CreatedAt;
        row["Settings"] = JsonSerializer.Serialize(pool.Settings, RecordJson.Default.PoolSettings);
    }

    public static LedgerHead ToHead(TableEntity row) =>
        new(SequenceOf(row), row.GetGuid(CommitId) ?? Guid.Empty, row.GetDateTimeOffset(At) ?? default);

    public static KeyState ToKey(TableEntity row)
    {
        var settings = JsonSerializer.Deserialize(row.GetString("Settings"), RecordJson.Default.KeySettings)!;
        return new KeyState
        {
            Locator = new KeyLocator(row.PartitionKey, row.RowKey["key:".Length..]),
            Prefix = row.GetString("Prefix"),
            Settings = settings,
            Status = Enum.Parse<KeyStatus>(row.GetString("Status")),
            CreatedAt = row.GetDateTimeOffset("CreatedAt") ?? default,
            LastUsedAt = row.GetDateTimeOffset(LastUsedAt),
            Secrets = JsonSerializer.Deserialize(row.GetString("Secrets"), RecordJson.Default.IReadOnlyListSecretHash)!,
            Balance = ToBalance(row, settings.QuotaType, settings.Unit, settings.Refill),
            Rate = RateWindow.FromBytes(row.GetBinary("Rate")),
            OpenCalls = row.GetInt32("OpenCalls"),
            Version = row.ETag,
        };
    }

    public static PoolState ToPool(TableEntity row)
    {
        var settings = JsonSerializer.Deserialize(row.GetString("Settings"), RecordJson.Default.PoolSettings)!;
        return new PoolState
        {
            Id = row.PartitionKey,
            Settings = settings,
            Status = Enum.Parse<KeyStatus>(row.GetString("Status")),
            CreatedAt = row.GetDateTimeOffset("CreatedAt") ?? default,
            Balance = ToBalance(row, QuotaType.Count, settings.Unit, settings.Refill),
            Version = row.ETag,
        };
    }

    /// <summary>The row of a new key.</summary>
    public static TableEntity Of(KeyState key)
    {
        var row = new TableEntity(key.Locator.AccountId, AccountRowKeys.Key(key.Locator.KeyId));
        WriteRecord(row, key);
        WriteCounters(row, key);
        if (key.Locator.AccountId == key.Locator.KeyId)
        {
            WriteHead(row, new LedgerHead(0, Guid.Empty, key.CreatedAt));
        }

        return row;
    }

    public static TableEntity Of(LeaseState lease)
    {
        var row = Spent(lease);
        row["Owner"] = lease.Owner;
        row["Allotment"] = lease.Allotment;
        row["FirstSequence"] = lease.FirstSequence;
        row["Until"] = lease.Until;
        return row;
    }

    /// <summary>What a commit on a lease changes of it.</summary>
    public static TableEntity Spent(LeaseState lease)
    {
        var row = new TableEntity(lease.AccountId, AccountRowKeys.Lease(lease.Id)) { ["Spent"] = lease.Spent };
        WriteHead(row, new LedgerHead(lease.Sequence, lease.CommitId, lease.At));
        return row;
    }

    public static LeaseState ToLease(TableEntity row) => new()
    {
        Id = row.RowKey["lease:".Length..],
        AccountId = row.PartitionKey,
        Owner = row.GetString("Owner"),
        Allotment = row.GetInt64("Allotment") ?? 0,
        Spent = row.GetInt64("Spent") ?? 0,
        FirstSequence = row.GetInt64("FirstSequence") ?? 0,
        Sequence = row.GetInt64(Sequence) ?? 0,
        CommitId = row.GetGuid(CommitId) ?? Guid.Empty,
        At = row.GetDateTimeOffset(At) ?? default,
        Until = row.GetDateTimeOffset("Until") ?? default,
        IsClosed = row.GetBoolean(IsClosed) ?? false,
        WrittenAt = row.Timestamp,
        Version = row.ETag,
    };

    /// <summary>Has a key's row say what it would say if its leases ended now: what was spent is used, the rest is free.</summary>
    public static void EndLeases(TableEntity row, IReadOnlyList<LeaseState> leases)
    {
        row[Used] = (row.GetInt64(Used) ?? 0) + leases.Sum(lease => lease.Spent);
        row[Leased] = 0L;
        if (leases.Where(lease => lease.Spent > 0).Select(lease => (DateTimeOffset?)lease.At).Max() is { } at && !(row.GetDateTimeOffset(LastUsedAt) >= at))
        {
            row[LastUsedAt] = at;
        }
    }

    /// <summary>The mark of a settled charge.</summary>
    public static TableEntity Of(string accountId, SideRow.SettlementMarker settled) => new(accountId, AccountRowKeys.Settled(settled.KeyId, settled.Charge))
    {
        ["Cost"] = settled.Cost,
        ["Repetition"] = (int)settled.Repetition,
    };

    private static QuotaBalance ToBalance(TableEntity row, QuotaType type, QuotaUnit unit, RefillPolicy? refill) => new()
    {
        Type = type,
        Unit = unit,
        Quota = row.GetInt64("Quota") ?? 0,
        Used = row.GetInt64(Used) ?? 0,
        Held = row.GetInt64("Held") ?? 0,
        Leased = row.GetInt64(Leased) ?? 0,
        LastReset = new LedgerPosition(row.GetInt64("ZeroSequence") ?? 0, row.GetInt32("ZeroIndex") ?? 0),
        Refill = refill,
        ResetsAt = refill is null ? null : row.GetDateTimeOffset("ResetsAt"),
    };
}

/// <summary>The JSON of the records' properties.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeySettings))]
[JsonSerializable(typeof(PoolSettings))]
[JsonSerializable(typeof(IReadOnlyList<SecretHash>))]
internal sealed partial class RecordJson : JsonSerializerContext;
