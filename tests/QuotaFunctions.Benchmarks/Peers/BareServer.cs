using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>
/// The least that a gateway does on .NET: Kestrel takes a request, HttpClient sends it on, and the answer is copied back. No key, no quota, no log. It is
/// compiled, and its memory collected, as LocalHost's is.
/// </summary>
internal sealed class BareForwarder : IAsyncDisposable
{
    /// <summary>The verb that makes this program one.</summary>
    public const string Verb = "forwarder";

    private static readonly string AsLocalHost = Path.Combine(AppContext.BaseDirectory, "QuotaFunctions.LocalHost.runtimeconfig.json");

    private readonly IAsyncDisposable _process;

    private BareForwarder(IAsyncDisposable process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one, and returns when it serves.</summary>
    /// <param name="upstream">Where it sends everything.</param>
    public static async Task<BareForwarder> StartAsync(Uri upstream)
    {
        var port = FreePorts.Take(1)[0];
        return new BareForwarder(await OwnServer.StartAsync([Verb, upstream.ToString()], port, runtimeConfig: AsLocalHost), port);
    }

    /// <summary>Serves until its standard input ends.</summary>
    public static async Task RunAsync(Uri upstream, int port)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        using var client = new HttpMessageInvoker(handler);
        await OwnServer.RunAsync(port, context => ForwardAsync(context, client, upstream));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

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
