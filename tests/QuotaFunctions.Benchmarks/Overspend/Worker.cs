using System.Globalization;
using System.Net;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;
using StackExchange.Redis;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>This program as a process of a subject that is not ours: it answers <c>POST /quota/consume</c> by an <see cref="IQuota"/>.</summary>
internal static class Worker
{
    /// <summary>The verb that makes this program one.</summary>
    public const string Verb = "worker";

    private const string Naive = "naive";
    private const string Redis = "redis";
    private const string Ready = "Ready";
    private const string StorageVariable = "OVERSPEND_STORAGE";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

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
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var server = builder.Build();
        server.Run(context => AnswerAsync(context, quota));
        await server.StartAsync();
        Console.WriteLine(Ready);
        await using var input = Console.OpenStandardInput();
        await input.CopyToAsync(Stream.Null);
    }

    private static async Task<IAsyncDisposable> StartAsync(string kind, int port, string storage)
    {
        string[] arguments = [typeof(Worker).Assembly.Location, OverspendTest.Verb, Verb, kind, port.ToString(CultureInfo.InvariantCulture)];
        var process = ChildProcess.Start("dotnet", arguments, AppContext.BaseDirectory, [new(StorageVariable, storage)]);
        try
        {
            await Eventually.TrueAsync(() => process.Log.StartsWith(Ready, StringComparison.Ordinal), StartTimeout, "a worker serves");
            return process;
        }
        catch (TimeoutException exception)
        {
            await process.DisposeAsync();
            throw new InvalidOperationException($"A worker did not start: {process.Log}", exception);
        }
    }

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
