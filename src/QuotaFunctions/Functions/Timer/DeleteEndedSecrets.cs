using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Deletes from the directory the secrets whose overlap after a rotation is over.</summary>
public sealed class DeleteEndedSecrets(ISecretCleaner cleaner)
{
    /// <summary>At 41 minutes past every hour.</summary>
    [Function(nameof(DeleteEndedSecrets))]
    public Task RunAsync([TimerTrigger("0 41 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        cleaner.CleanAsync(cancellationToken);
}
