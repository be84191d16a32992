using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Tests.Subscriptions;

/// <summary>Subscriptions in memory.</summary>
internal sealed class MemorySubscriptions(params IEnumerable<Subscription> subscriptions) : ISubscriptionStore
{
    private readonly Dictionary<string, Subscription> _all = subscriptions.ToDictionary(it => it.Id);

    /// <summary>What happens before a change; it may throw.</summary>
    public Action? BeforeChange { get; set; }

    public Subscription this[string id] => _all[id];

    public Task<Subscription> CreateAsync(SubscriptionSettings settings, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Subscription?> FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult(_all.GetValueOrDefault(id));

    public Task<IReadOnlyList<Subscription>> ListAsync(string? tenant, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Subscription>>([.. _all.Values]);

    public Task<Subscription> ChangeAsync(string id, Func<Subscription, Subscription?> change, CancellationToken cancellationToken)
    {
        BeforeChange?.Invoke();
        return Task.FromResult(_all[id] = change(_all[id]) ?? _all[id]);
    }

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => Task.FromResult(_all.Remove(id));
}
