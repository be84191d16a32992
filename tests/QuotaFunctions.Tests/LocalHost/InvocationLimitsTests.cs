using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace QuotaFunctions.Tests.LocalHost;

/// <summary>What asks an HTTP function to end, other than its client.</summary>
public sealed class InvocationLimitsTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_function_time_out_ends_it()
    {
        await using var host = await TestHost.StartAsync(
            typeof(WaitsForItsEnd), settings: new() { ["AzureFunctionsJobHost__functionTimeout"] = "00:00:01" });
        using var client = new HttpClient { BaseAddress = host.BaseAddress };

        Assert.Equal("ended, client there", await client.GetStringAsync("/api/waits").WaitAsync(Bound));
    }

    [Fact]
    public async Task So_does_the_end_of_a_drain_before_the_connection_is_cut()
    {
        await using var host = await TestHost.StartAsync(typeof(WaitsForItsEnd), drainTimeout: TimeSpan.FromMilliseconds(100));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        using var answer = await client.GetAsync("/api/waits", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Bound);

        var stopping = host.StopAsync();

        Assert.Equal("ended, client there", await answer.Content.ReadAsStringAsync().WaitAsync(Bound));
        await stopping.WaitAsync(Bound);
    }

    public sealed class WaitsForItsEnd
    {
        [Function("Waits")]
        public async Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "waits")] HttpRequest request, CancellationToken ended)
        {
            await request.HttpContext.Response.Body.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.Infinite, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var client = request.HttpContext.RequestAborted.IsCancellationRequested ? "gone" : "there";
            await request.HttpContext.Response.WriteAsync($"ended, client {client}", CancellationToken.None);
            return Results.Empty;
        }
    }
}
