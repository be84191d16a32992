using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Benchmarks.Peers;
using StackExchange.Redis;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>This program as a process of a subject that is not ours: it answers <c>POST /quota/consume</c> by an <see cref="IQuota"/>.</summary>
internal static class Worker
{
    /// <summary>The verb that makes this program one.</summary>
    public const string Verb = "worker";

    private const string Naive = "naive";
    private const string Redis = "redis";
    private const string StorageVariable = "OVERSPEND_STORAGE";

    /// <summary>The naive loop on a storage account.</summary>
    public static IQuota NaiveOn(string connectionString) => new NaiveQuota(new TableServiceClient(connectionString).GetTableClient("overspend"));

    /// <summary>Check before and charge after, in a Redis.</summary>
    public static async Task<IQuota> RedisOnAsync(string address) =>
        new CheckThenChargeQuota((await ConnectionMultiplexer.ConnectAsync($"{address},abortConnect=false")).GetDatabase());

    /// <summary>Starts one for the naive loop, and returns when it serves.</summary>
    public static Task<IAsyncDisposable> StartNaiveAsync(int port, string connectionString) => StartAsync(Naive, port, connectionString);

    /// <summary>Starts one for a Redis, and returns when it serves.</summary>
    public static Task<IAsyncDisposable> StartRedisAsync(int port, string address) => StartAsync(Redis, port, address);

    /// <summary>Serves until its standard input ends, as it does when the process that started it is gone.</summary>
    public static async Task RunAsync(string kind, int port)
    {
        var storage = Environment.GetEnvironmentVariable(StorageVariable) ?? throw new InvalidOperationException($"{StorageVariable} is missing.");
        var quota = kind == Naive ? NaiveOn(storage) : await RedisOnAsync(storage);
        await OwnServer.RunAsync(port, context => AnswerAsync(context, quota));
    }

    private static Task<IAsyncDisposable> StartAsync(string kind, int port, string storage) =>
        OwnServer.StartAsync([OverspendTest.Verb, Verb, kind], port, [new(StorageVariable, storage)]);

    private static async Task AnswerAsync(HttpContext context, IQuota quota)
    {
        var consumption = await JsonSerializer.DeserializeAsync<Consumption>(context.Request.Body, JsonSerializerOptions.Web, context.RequestAborted);
        try
        {
            var granted = await quota.TakeAsync(consumption!.Reference, context.RequestAborted);
            context.Response.StatusCode = granted ? StatusCodes.Status200OK : StatusCodes.Status429TooManyRequests;
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException or RedisException or TimeoutException or TaskCanceledException)
        {
            // Storage is away, and nobody knows what became of the charge.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}
