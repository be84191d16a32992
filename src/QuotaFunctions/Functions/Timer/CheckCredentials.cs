using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Asks the providers that were called within the last day whether they take the service's credentials.</summary>
public sealed class CheckCredentials(ICredentialCheck check)
{
    /// <summary>At 13 minutes past every hour.</summary>
    [Function(nameof(CheckCredentials))]
    public Task RunAsync([TimerTrigger("0 13 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        check.RunAsync(cancellationToken);
}
