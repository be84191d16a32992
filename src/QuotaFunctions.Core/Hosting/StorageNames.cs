using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>What the tables and queues are called: the one place that makes their names.</summary>
/// <remarks>All lower case: Azurite does not roll a failed transaction back on other tables.</remarks>
public sealed class StorageNames(IOptions<StorageOptions> options)
{
    /// <summary>The queue of outcomes on their way to the log. Not prefixed: the trigger's name is part of the build.</summary>
    public const string AuditEventsQueue = "audit-events";

    /// <summary>The queue of requests to sweep. Not prefixed, for the same reason.</summary>
    public const string SweepRequestsQueue = "sweep-requests";

    /// <summary>The queue of mails to send. Not prefixed, for the same reason.</summary>
    public const string MailOutboxQueue = "mail-outbox";

    /// <summary>The queue of alerts to be told. Not prefixed, for the same reason.</summary>
    public const string AlertsQueue = "alerts";

    /// <summary>The queue of reports to make. Not prefixed, for the same reason.</summary>
    public const string ReportRequestsQueue = "report-requests";

    /// <summary>The queue of steps of a retention run. Not prefixed, for the same reason.</summary>
    public const string RetentionStepsQueue = "retention-steps";

    private readonly string _prefix = options.Value.TablePrefix.ToLowerInvariant();

    /// <summary>Keys' records, pools and ledgers.</summary>
    public string Accounts => _prefix + "accounts";

    /// <summary>From a secret's hash to its key.</summary>
    public string KeyDirectory => _prefix + "keydirectory";

    /// <summary>What lists of keys and pools go by.</summary>
    public string Keys => _prefix + "keys";

    /// <summary>The log: every admitted request, and what was done to quotas.</summary>
    public string Audit => _prefix + "audit";

    /// <summary>Answers to calls with an Idempotency-Key, for a day.</summary>
    public string Answers => _prefix + "answers";

    /// <summary>Which rows of the log belong to a moment, over all keys.</summary>
    public string AuditIndex => _prefix + "auditindex";

    /// <summary>Copies of what was counted, so that one range holds a day of all keys.</summary>
    public string Usage => _prefix + "usage";

    /// <summary>What admins did.</summary>
    public string AdminAudit => _prefix + "adminaudit";

    /// <summary>Reports that were asked for, and those that were made.</summary>
    public string Reports => _prefix + "reports";

    /// <summary>Small marks of what the service itself did last.</summary>
    public string State => _prefix + "state";

    /// <summary>Who gets which report.</summary>
    public string Subscriptions => _prefix + "subscriptions";

    /// <summary>Mails that are to be sent, and what became of those that were.</summary>
    public string Mails => _prefix + "mails";

    /// <summary>What needs attention, and who is still to be told of it.</summary>
    public string Alerts => _prefix + "alerts";

    /// <summary>Every table.</summary>
    public IReadOnlyList<string> Tables => [Accounts, KeyDirectory, Keys, Answers, Audit, AuditIndex, AdminAudit, Usage, Reports, Subscriptions, Mails, Alerts, State];

    /// <summary>Where the host puts a queue's messages that their function failed on too often.</summary>
    public static string PoisonOf(string queue) => queue + "-poison";

    /// <summary>Every queue; the host makes the poison queues as it needs them.</summary>
    public static IReadOnlyList<string> Queues => [AuditEventsQueue, SweepRequestsQueue, ReportRequestsQueue, MailOutboxQueue, AlertsQueue, RetentionStepsQueue];
}
