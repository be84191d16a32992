using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Adds the books of some keys up, by turns.</summary>
public sealed class VerifyBooks(IKeyService keys, IBookInspector inspector)
{
    /// <summary>At 37 minutes past every hour.</summary>
    [Function(nameof(VerifyBooks))]
    public async Task RunAsync([TimerTrigger("0 37 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        await inspector.InspectAsync(await keys.ListIdsAsync(tenant: null, cancellationToken), cancellationToken);
}
