using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>Decides charges and settles them: exactly once, never above the quota.</summary>
public interface IQuotaEngine
{
    /// <summary>
    /// Takes a cost from a key's quota, or says why not. Whatever cannot be decided in time is refused with
    /// <see cref="ChargeRefusal.QuotaUnavailable"/>; nothing is thrown for it.
    /// </summary>
    /// <param name="request">Who asks, and for how much.</param>
    /// <param name="cancellationToken">Withdraws the request as long as it is not decided; what was decided stands.</param>
    Task<ChargeResult> ChargeAsync(ChargeRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Closes a granted charge: corrects its cost in the books where <see cref="Settlement.Cost"/> differs, and hands the
    /// outcome to the audit log (waiting while its buffer is full). Not bound to the request: a client that left must not stop it.
    /// </summary>
    Task SettleAsync(Settlement settlement, CancellationToken cancellationToken);

    /// <summary>Closes a charge made by <see cref="ChargeKind.Consume"/> by its id: once, within 24 hours.</summary>
    /// <param name="secret">The key's secret, as the client sent it.</param>
    /// <param name="chargeId">The charge's id, as the client sent it.</param>
    /// <param name="success">How the work went.</param>
    /// <param name="cost">What it came to, 0 to 1,000,000 of what the key counts in, as clients see it; null to leave the cost as it was charged.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ConsumeSettlementResult> SettleConsumedAsync(
        KeySecret secret, string chargeId, bool success, decimal? cost, CancellationToken cancellationToken);
}
