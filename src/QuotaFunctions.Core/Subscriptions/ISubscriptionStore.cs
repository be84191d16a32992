namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Subscriptions. The one of the settings is among them, where <c>REPORT_RECIPIENTS</c> is set.</summary>
public interface ISubscriptionStore
{
    /// <summary>The most subscriptions. So all of them are read at once.</summary>
    const int MaxSubscriptions = 1000;

    /// <summary>Makes one. The settings must be valid.</summary>
    /// <exception cref="Validation.InvalidRequestException">There are <see cref="MaxSubscriptions"/> already.</exception>
    Task<Subscription> CreateAsync(SubscriptionSettings settings, CancellationToken cancellationToken);

    /// <summary>Reads one; null where there is none.</summary>
    Task<Subscription?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lists them, the default one first, then by name.</summary>
    /// <param name="tenant">Of one tenant only; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<Subscription>> ListAsync(string? tenant, CancellationToken cancellationToken);

    /// <summary>Changes one. Where somebody else does at the same time, the change is made over theirs.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="change">What it is to be, from what it is; null to leave it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    Task<Subscription> ChangeAsync(string id, Func<Subscription, Subscription?> change, CancellationToken cancellationToken);

    /// <summary>Deletes one. False where there is none.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);
}
