using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>What every writer of a process shares.</summary>
internal sealed record WriterContext(
    IAccountStore Store,
    ICommitListener Listener,
    TimeProvider Clock,
    QuotaEngineOptions Options,
    string InstanceId,
    OpenAccountIndex Open,
    MarkIndex Marks,
    Presence Presence,
    ChargingMetrics Metrics,
    ILogger<AccountWriter> Logger);
