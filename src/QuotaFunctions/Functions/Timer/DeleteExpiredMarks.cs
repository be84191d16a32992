using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Deletes marks of settled charges and of Idempotency-Keys that are too old to matter.</summary>
public sealed class DeleteExpiredMarks(IExpiredMarks marks)
{
    /// <summary>At 23 minutes past every hour.</summary>
    [Function(nameof(DeleteExpiredMarks))]
    public Task RunAsync([TimerTrigger("0 23 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        marks.DeleteAsync(cancellationToken);
}
