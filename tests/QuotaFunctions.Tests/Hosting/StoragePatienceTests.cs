using Azure.Core;
using Azure.Core.Pipeline;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

/// <summary>How long a request to storage may take.</summary>
public sealed class StoragePatienceTests
{
    [Fact]
    public async Task Only_work_that_has_time_waits_for_longer_and_all_that_it_calls()
    {
        Assert.Null(await AskAsync());
        await Task.WhenAll(WorkAsync(), ChargeAsync());
        Assert.Null(await AskAsync());

        static async Task WorkAsync()
        {
            StoragePatience.Begin();
            await Parallel.ForAsync(0, 4, async (_, _) => Assert.True(await AskAsync() > TimeSpan.FromSeconds(5)));
        }

        static async Task ChargeAsync() => Assert.Null(await AskAsync());
    }

    /// <summary>A request's time-out; null where it is the client's own.</summary>
    private static async Task<TimeSpan?> AskAsync()
    {
        await Task.Yield();
        using var message = new HttpMessage(HttpClientTransport.Shared.CreateRequest(), new ResponseClassifier());
        StoragePatience.Policy.OnSendingRequest(message);
        return message.NetworkTimeout;
    }
}
