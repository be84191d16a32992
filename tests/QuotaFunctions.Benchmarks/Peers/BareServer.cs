using Microsoft.AspNetCore.Http;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>
/// The least that a server does on .NET: Kestrel takes a request and answers it. With a storage it commits a charge first, together with all who wait, and
/// writes the log; with an upstream HttpClient sends the request on, and the answer is copied back. No key is looked up, and there is no rule. It is compiled,
/// and its memory collected, as LocalHost's is.
/// </summary>
internal sealed class BareServer : IAsyncDisposable
{
    /// <summary>The verb that makes this program one.</summary>
    public const string Verb = "server";

    private static readonly string AsLocalHost = Path.Combine(AppContext.BaseDirectory, "QuotaFunctions.LocalHost.runtimeconfig.json");
    private static readonly byte[] Granted = """{"allowed":true,"cost":1,"id":"chg_20261201-1-0","quota":{"limit":1000000000,"used":1,"remaining":999999999}}"""u8.ToArray();

    private readonly IAsyncDisposable _process;

    private BareServer(IAsyncDisposable process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one, and returns when it serves.</summary>
    /// <param name="storage">Where it commits and logs; null to do neither.</param>
    /// <param name="upstream">Where it sends everything; null to answer by itself.</param>
    public static async Task<BareServer> StartAsync(AzuriteProcess? storage, Uri? upstream)
    {
        var port = FreePorts.Take(1)[0];
        return new BareServer(
            await OwnServer.StartAsync([Verb, storage?.ConnectionString ?? "", upstream?.ToString() ?? ""], port, runtimeConfig: AsLocalHost), port);
    }

    /// <summary>Serves until its standard input ends.</summary>
    /// <param name="storage">A connection string, or an empty text.</param>
    /// <param name="upstream">An address, or an empty text.</param>
    /// <param name="port">Where it listens.</param>
    public static async Task RunAsync(string storage, string upstream, int port)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        using var client = new HttpMessageInvoker(handler);
        var group = storage.Length > 0 ? await CommitGroup.StartAsync(new BareCommits(storage, writers: 1, withLog: true)) : null;
        var target = upstream.Length > 0 ? new Uri(upstream) : null;
        var serving = OwnServer.RunAsync(port, async context =>
        {
            if (group is not null)
            {
                await group.ChargeAsync();
            }

            await (target is null ? AnswerAsync(context) : ForwardAsync(context, client, target));
        });
        await (group is null ? serving : await Task.WhenAny(serving, group.Completion));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Granted.Length;
        return context.Response.Body.WriteAsync(Granted).AsTask();
    }

    private static async Task ForwardAsync(HttpContext context, HttpMessageInvoker client, Uri upstream)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), new Uri(upstream, context.Request.Path.Value));
        request.Content = new StreamContent(context.Request.Body);
        request.Content.Headers.ContentLength = context.Request.ContentLength;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        using var answer = await client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentLength = answer.Content.Headers.ContentLength;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
