using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Charging;

/// <summary>What every lane of a process shares.</summary>
internal sealed record WriterContext(
    IAccountStore Store,
    IAuditSink Audit,
    TimeProvider Clock,
    QuotaEngineOptions Options,
    string InstanceId,
    OpenAccountIndex Open,
    MarkIndex Marks,
    ILogger<AccountWriter> Logger);
