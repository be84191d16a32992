using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>What the functions of subscriptions have in common.</summary>
internal static class SubscriptionRequests
{
    /// <summary>Does something with the subscription of this id; 404 where there is none, none any more, or another tenant's.</summary>
    public static async Task<IResult> WithSubscriptionAsync(
        this ISubscriptionStore subscriptions, HttpRequest request, string id, Func<Subscription, Task<IResult>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return await subscriptions.FindAsync(id, cancellationToken) is { } found && request.Admin().MayAccess(found.Settings.Tenant)
                ? await operation(found)
                : NoSuchSubscription();
        }
        catch (KeyNotFoundException)
        {
            return NoSuchSubscription();
        }
    }

    public static ProblemResult NoSuchSubscription() => new(Problem.NotFound, "There is no such subscription.");

    /// <summary>Ends the reading of a subscription: what it is on must be the admin's to see.</summary>
    /// <exception cref="InvalidRequestException">Something was wrong.</exception>
    public static async Task CheckScopeAsync(
        this JsonFields fields, SubscriptionSettings settings, IKeyService keys, AdminPrincipal admin, CancellationToken cancellationToken)
    {
        fields.CheckTenant(admin, settings.Tenant);
        fields.ThrowIfInvalid();
        if (fields.Has("key") && settings.Key is { } key
            && (await keys.FindAsync(key, cancellationToken) is not { } found || !admin.MayAccess(found.Settings.Tenant)))
        {
            throw new InvalidRequestException("key", "must be the id of a key that there is.");
        }
    }

    /// <summary>Refuses to change the one of the settings.</summary>
    /// <exception cref="InvalidRequestException">It is that one.</exception>
    public static void ThrowIfDefault(this Subscription subscription)
    {
        if (subscription.IsDefault)
        {
            throw new InvalidRequestException(
                "subscription", "is the one of the settings: change REPORT_SCHEDULE, REPORT_RECIPIENTS or REPORT_LANGUAGE, or make another subscription.");
        }
    }
}
