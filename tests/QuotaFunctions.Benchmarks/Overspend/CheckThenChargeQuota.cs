using StackExchange.Redis;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>
/// What gateways with a Redis do: look at the counter, make the call, and charge what it came to afterwards. The client has its answer by
/// then, so it gets it even where the charge fails. The charge's entry in a list goes into the same transaction, to tell who was charged.
/// </summary>
internal sealed class CheckThenChargeQuota(IDatabase redis) : IQuota
{
    private const string Remaining = "remaining";
    private const string Quota = "quota";
    private const string Charges = "charges";
    private static readonly TimeSpan Call = TimeSpan.FromMilliseconds(5);

    public async Task PrepareAsync(long quota)
    {
        await redis.StringSetAsync(Quota, quota);
        await redis.StringSetAsync(Remaining, quota);
    }

    public async Task<bool> TakeAsync(string request, CancellationToken cancellationToken)
    {
        if ((long)await redis.StringGetAsync(Remaining) <= 0)
        {
            return false;
        }

        await Task.Delay(Call, TimeProvider.System, cancellationToken);
        try
        {
            var charge = redis.CreateTransaction();
            _ = charge.StringDecrementAsync(Remaining);
            _ = charge.ListRightPushAsync(Charges, request);
            await charge.ExecuteAsync();
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // The call is made.
        }

        return true;
    }

    public async Task<Books> ReadBooksAsync()
    {
        var used = (long)await redis.StringGetAsync(Quota) - (long)await redis.StringGetAsync(Remaining);
        return new Books(used, [.. (await redis.ListRangeAsync(Charges)).Select(charge => charge.ToString())]);
    }
}
