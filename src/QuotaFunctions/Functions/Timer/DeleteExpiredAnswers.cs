using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Deletes answers that are kept for longer than they may be given again.</summary>
public sealed class DeleteExpiredAnswers(IExpiredAnswers answers)
{
    /// <summary>At 47 minutes past every hour.</summary>
    [Function(nameof(DeleteExpiredAnswers))]
    public Task RunAsync([TimerTrigger("0 47 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        answers.DeleteAsync(cancellationToken);
}
