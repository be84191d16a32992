using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Alerting;

/// <summary>What there is to tell, until it is on its way to those who are told.</summary>
/// <remarks>
/// Nothing is lost, whenever a process dies. What there is to tell is written with the alert's change, in one transaction (<c>out:</c>). A message
/// to the queue, a while later, has it put together into batches: a batch is written, and what it holds removed, in one transaction, with a mark
/// (<c>send:</c>) that stays until there is a message for each target. The timer that evaluates the rules finds whatever was left on the way.
/// </remarks>
internal sealed class AlertOutbox(AlertTable table, AlertQueue queue, IOptions<AlertOptions> options, TimeProvider clock)
{
    /// <summary>The target of those that are told by mail.</summary>
    public const string Mail = "mail";

    /// <summary>There is at most one mail of a rule in this time; the rest is in the next one.</summary>
    public static readonly TimeSpan MailPause = TimeSpan.FromHours(1);

    /// <summary>How long a batch is kept: longer than it is tried to deliver it.</summary>
    public static readonly TimeSpan BatchLifetime = TimeSpan.FromDays(7);

    /// <summary>What a batch tells one by one.</summary>
    public const int MaxNotices = 50;

    private const string Webhooks = "webhook";
    private const string Out = "out:";
    private const string Sends = Out + "send:";
    private const string Batches = "batch:";
    private const string Mailed = "mailed:";
    private const string More = "More";
    private const string Channel = "Channel";
    private const string At = "At";

    /// <summary>A transaction takes 100 rows; the batch, its mark and the rules of a mail are among them.</summary>
    private const int MaxRows = 80;

    /// <summary>What is looked at in one turn; the next one does the rest.</summary>
    private const int MaxRead = 2000;

    /// <summary>A property holds 32 K characters.</summary>
    private const int MaxLength = 30_000;

    private static readonly TimeSpan ArmedFor = TimeSpan.FromSeconds(5);

    private readonly AlertOptions _options = options.Value;
    private long _armedUntil = long.MinValue;

    /// <summary>Where there is anybody to tell: by mail and by webhooks.</summary>
    private IEnumerable<string> Channels =>
        new[] { _options.Recipients.Count > 0 ? Mail : null, _options.Webhooks.Count > 0 ? Webhooks : null }.OfType<string>();

    /// <summary>The rows of something to tell: to be written together with the alert.</summary>
    public IEnumerable<TableEntity> RowsOf(AlertNotice notice)
    {
        var (alert, json) = (notice.Alert, JsonSerializer.Serialize(notice, AlertJson.Default.AlertNotice));
        return Channels.Select(channel => new TableEntity(
            AlertTable.Partition, string.Create(CultureInfo.InvariantCulture, $"{Out}{channel}:{alert.Rule}:{alert.ChangedAt.UtcTicks:D19}:{alert.Id}-{alert.Revision}")) { [AlertTable.Json] = json });
    }

    /// <summary>Sees to it that what there is to tell is put together once the time for it has come. One message is enough for all of that time.</summary>
    public async Task ArmAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetTimestamp();
        if (!Channels.Any() || now < Volatile.Read(ref _armedUntil))
        {
            return;
        }

        await queue.SendAsync(new AlertMessage(), _options.GroupTime, cancellationToken);

        // A little less than that, as clocks differ: what is written after this is in the next message
        var armed = _options.GroupTime - ArmedFor;
        Volatile.Write(ref _armedUntil, now + (long)(Math.Max(0, armed.TotalSeconds) * clock.TimestampFrequency));
    }

    /// <summary>Writes something to tell that belongs to no change, and has it told at once.</summary>
    public async Task TellNowAsync(AlertNotice notice, CancellationToken cancellationToken)
    {
        await table.TrySubmitAsync(RowsOf(notice).Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), cancellationToken);
        await queue.SendAsync(new AlertMessage(), TimeSpan.Zero, cancellationToken);
    }

    /// <summary>Asks for what is left to be put together, where anything is: a message may be lost, and mails may have to wait.</summary>
    public async Task ArmIfLeftAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in table.ReadAsync(Out, after: null, pageSize: 1, cancellationToken))
        {
            await queue.SendAsync(new AlertMessage(), TimeSpan.Zero, cancellationToken);
            return;
        }
    }

    /// <summary>Puts together what there is to tell, and sends a message for each target.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var channel in new[] { Mail, Webhooks })
        {
            await PutTogetherAsync(channel, cancellationToken);
        }

        await foreach (var mark in table.ReadAsync(Sends, after: null, pageSize: null, cancellationToken))
        {
            var batch = mark.RowKey[Sends.Length..];
            foreach (var target in mark.GetString(Channel) == Mail ? [Mail] : _options.Webhooks.Select(webhook => webhook.Name))
            {
                await queue.SendAsync(new AlertMessage(batch, target), TimeSpan.Zero, cancellationToken);
            }

            await table.DeleteRowAsync(mark.RowKey, cancellationToken);
        }

        await DeleteOldAsync(cancellationToken);
    }

    /// <summary>Reads a batch; null where it is there no more.</summary>
    public async Task<AlertBatch?> FindAsync(string batch, CancellationToken cancellationToken) =>
        await table.FindRowAsync(Batches + batch, cancellationToken) is { } row
            ? new AlertBatch(
                batch,
                row.GetDateTimeOffset(At)!.Value,
                JsonSerializer.Deserialize(row.GetString(AlertTable.Json), AlertJson.Default.ListAlertNotice)!,
                row.GetInt32(More) ?? 0)
            : null;

    private async Task PutTogetherAsync(string channel, CancellationToken cancellationToken)
    {
        var waiting = await ReadWaitingAsync(channel, cancellationToken);
        while (waiting.Count > 0)
        {
            var taken = Take(waiting);
            var id = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow().UtcTicks:D19}-{Guid.NewGuid():N}");
            var batch = new TableEntity(AlertTable.Partition, Batches + id)
            {
                [At] = clock.GetUtcNow(),
                [AlertTable.Json] = JsonSerializer.Serialize(taken.Select(item => item.Notice).ToList(), AlertJson.Default.ListAlertNotice),
            };
            var actions = new List<TableTransactionAction>
            {
                new(TableTransactionActionType.Add, batch),
                new(TableTransactionActionType.Add, new TableEntity(AlertTable.Partition, Sends + id) { [Channel] = channel }),
            };
            if (channel == Mail)
            {
                actions.AddRange(waiting.Select(item => item.Notice.Alert.Rule).Distinct().Select(rule => new TableTransactionAction(
                    TableTransactionActionType.UpsertReplace, new TableEntity(AlertTable.Partition, Mailed + rule) { [At] = clock.GetUtcNow() })));
            }

            actions.AddRange(taken.Select(Removal));
            if (!await table.TrySubmitAsync(actions, cancellationToken))
            {
                // Another instance is at it
                return;
            }

            waiting.RemoveRange(0, taken.Count);
            if (channel == Mail)
            {
                // A mail counts what it does not tell one by one: an hour is too long to wait for it
                await CountMoreAsync(batch, waiting, cancellationToken);
                return;
            }
        }
    }

    /// <summary>What there is to tell of a channel, the first first. By mail only of rules of which there was none for a while.</summary>
    private async Task<List<(TableEntity Row, AlertNotice Notice)>> ReadWaitingAsync(string channel, CancellationToken cancellationToken)
    {
        var paused = new HashSet<string>();
        if (channel == Mail)
        {
            await foreach (var row in table.ReadAsync(Mailed, after: null, pageSize: null, cancellationToken))
            {
                if (row.GetDateTimeOffset(At) + MailPause > clock.GetUtcNow())
                {
                    paused.Add(row.RowKey[Mailed.Length..]);
                }
            }

            paused.Remove(AlertRules.Test);
        }

        var waiting = new List<(TableEntity Row, AlertNotice Notice)>();
        var range = $"{Out}{channel}:";
        string? after = null;
        do
        {
            after = await ReadRangeAsync(after);
        }
        while (after is not null);
        return [.. waiting.OrderBy(item => item.Notice.Alert.ChangedAt)];

        // Where it comes to a rule that has to wait it ends, and returns what is behind all of that rule
        async Task<string?> ReadRangeAsync(string? after)
        {
            await foreach (var row in table.ReadAsync(range, after, pageSize: null, cancellationToken))
            {
                var rule = row.RowKey[range.Length..].Split(':')[0];
                if (paused.Contains(rule))
                {
                    return $"{range}{rule};";
                }

                if (table.TryRead(row, AlertJson.Default.AlertNotice) is { } notice)
                {
                    waiting.Add((row, notice));
                }

                if (waiting.Count == MaxRead)
                {
                    break;
                }
            }

            return null;
        }
    }

    private static List<(TableEntity Row, AlertNotice Notice)> Take(List<(TableEntity Row, AlertNotice Notice)> waiting)
    {
        var length = 0;
        return [.. waiting.Take(MaxNotices).TakeWhile((item, index) => (length += item.Row.GetString(AlertTable.Json).Length + 1) <= MaxLength || index == 0)];
    }

    private async Task CountMoreAsync(TableEntity batch, List<(TableEntity Row, AlertNotice Notice)> waiting, CancellationToken cancellationToken)
    {
        var more = 0;
        foreach (var some in waiting.Chunk(MaxRows))
        {
            more += some.Length;
            batch[More] = more;
            if (!await table.TrySubmitAsync(
                some.Select(Removal).Prepend(new TableTransactionAction(TableTransactionActionType.UpdateReplace, batch, Azure.ETag.All)), cancellationToken))
            {
                return;
            }
        }
    }

    private async Task DeleteOldAsync(CancellationToken cancellationToken)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"{Batches}{(clock.GetUtcNow() - BatchLifetime).UtcTicks:D19}");
        await foreach (var row in table.ReadAsync(Batches, after: null, pageSize: 5, cancellationToken))
        {
            if (string.CompareOrdinal(row.RowKey, end) >= 0)
            {
                return;
            }

            await table.DeleteRowAsync(row.RowKey, cancellationToken);
        }
    }

    private static TableTransactionAction Removal((TableEntity Row, AlertNotice Notice) item) => new(TableTransactionActionType.Delete, item.Row, item.Row.ETag);
}
