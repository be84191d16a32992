using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Mailing;

/// <summary>How a mail stands.</summary>
internal enum MailState
{
    /// <summary>It is to be sent.</summary>
    Queued,

    /// <summary>The mail server has it.</summary>
    Sent,

    /// <summary>It was given up.</summary>
    Failed,
}

/// <summary>What the outbox knows of a mail, without its content.</summary>
internal sealed record MailHead
{
    /// <summary>The mail's id.</summary>
    public required string Id { get; init; }

    /// <summary>Whom it goes to: an address without a name.</summary>
    public required string Recipient { get; init; }

    /// <summary>Its subject.</summary>
    public required string Subject { get; init; }

    /// <summary>In how many rows its bytes are.</summary>
    public required int Parts { get; init; }

    /// <summary>How it stands.</summary>
    public MailState State { get; init; }

    /// <summary>Attempts that are over.</summary>
    public int Attempts { get; init; }

    /// <summary>When the first attempt began; null where there was none.</summary>
    public DateTimeOffset? FirstAttemptAt { get; init; }

    /// <summary>Until when an attempt may be going on; null where none is.</summary>
    public DateTimeOffset? BusyUntil { get; init; }

    /// <summary>When it was sent or given up; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why the last attempt failed, in a few words; null where none has.</summary>
    public string? LastError { get; init; }

    /// <summary>The version of the row that this was read from.</summary>
    public ETag Version { get; init; }

    /// <summary>The name of its row: names are not used twice in a table, see docs/architecture.md.</summary>
    public static string RowKey(string id) => $"head:{id}";

    /// <summary>The name of a row with some of the bytes.</summary>
    public static string PartKey(string id, int index) => $"part:{id}:{index:D3}";

    /// <summary>Reads a row.</summary>
    public static MailHead Of(TableEntity row) => new()
    {
        Id = row.PartitionKey,
        Recipient = row.GetString(nameof(Recipient)),
        Subject = row.GetString(nameof(Subject)),
        Parts = row.GetInt32(nameof(Parts)) ?? 0,
        State = Enum.Parse<MailState>(row.GetString(nameof(State)), ignoreCase: true),
        Attempts = row.GetInt32(nameof(Attempts)) ?? 0,
        FirstAttemptAt = row.GetDateTimeOffset(nameof(FirstAttemptAt)),
        BusyUntil = row.GetDateTimeOffset(nameof(BusyUntil)),
        EndedAt = row.GetDateTimeOffset(nameof(EndedAt)),
        LastError = row.GetString(nameof(LastError)),
        Version = row.ETag,
    };

    /// <summary>The whole row.</summary>
    public TableEntity ToRow() => new(Id, RowKey(Id))
    {
        [nameof(Recipient)] = Recipient,
        [nameof(Subject)] = Subject,
        [nameof(Parts)] = Parts,
        [nameof(State)] = State.ToString().ToLowerInvariant(),
        [nameof(Attempts)] = Attempts,
        [nameof(FirstAttemptAt)] = FirstAttemptAt,
        [nameof(BusyUntil)] = BusyUntil,
        [nameof(EndedAt)] = EndedAt,
        [nameof(LastError)] = LastError,
    };
}
