using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Deletes from the directory the secrets that rotations ended.</summary>
public sealed class DeleteEndedSecrets(ISecretCleaner secrets)
{
    /// <summary>At 37 minutes past every hour.</summary>
    [Function(nameof(DeleteEndedSecrets))]
    public Task RunAsync([TimerTrigger("0 37 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        secrets.CleanAsync(cancellationToken);
}
