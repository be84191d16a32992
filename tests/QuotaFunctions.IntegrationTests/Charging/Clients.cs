namespace QuotaFunctions.IntegrationTests.Charging;

/// <summary>Clients that each ask again as soon as they are answered.</summary>
internal static class Clients
{
    /// <summary>Has a number of requests made by a number of clients at once. Returns what they were answered.</summary>
    /// <param name="clients">How many at once.</param>
    /// <param name="requests">How many in all.</param>
    /// <param name="ask">One request, by its number from 0.</param>
    public static async Task<List<T>> AskAsync<T>(int clients, int requests, Func<int, Task<T>> ask)
    {
        var next = -1;
        var results = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var own = new List<T>();
            for (var i = Interlocked.Increment(ref next); i < requests; i = Interlocked.Increment(ref next))
            {
                own.Add(await ask(i));
            }

            return own;
        })));
        return [.. results.SelectMany(own => own)];
    }
}
