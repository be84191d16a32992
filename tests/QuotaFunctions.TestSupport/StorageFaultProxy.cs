using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.TestSupport;

/// <summary>
/// Stands between the code under test and Azurite and does to each request what <see cref="Decide"/> says: delays it, cuts its
/// connection before or after it was carried out, answers an error, or carries it out twice.
/// </summary>
public sealed class StorageFaultProxy : IAsyncDisposable
{
    private static readonly HashSet<string> OwnHeaders =
        new(["Connection", "Keep-Alive", "Transfer-Encoding"], StringComparer.OrdinalIgnoreCase);

    private readonly WebApplication _server;
    private readonly HttpMessageInvoker _backend;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _duplicates = [];
    private readonly Uri _tableBackend;
    private readonly Uri _queueBackend;
    private readonly Uri _blobs;
    private int _queuePort;
    private int _requests;
    private int _errors;

    private StorageFaultProxy(AzuriteProcess azurite)
    {
        _tableBackend = azurite.TableEndpoint;
        _queueBackend = azurite.QueueEndpoint;
        _blobs = azurite.BlobEndpoint;
        TableEndpoint = azurite.TableEndpoint;
        QueueEndpoint = azurite.QueueEndpoint;

        // A fresh connection each time would hide nothing, but Azurite closes idle ones after 5 s: stay well below.
        _backend = new HttpMessageInvoker(new SocketsHttpHandler
        {
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
            AutomaticDecompression = DecompressionMethods.None,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        });

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        _server = builder.Build();
        _server.Run(HandleAsync);
    }

    /// <summary>What becomes of a request. It may be replaced at any time; called from many threads.</summary>
    public Func<StorageRequest, StorageFault> Decide { get; set; } = _ => StorageFault.None;

    /// <summary>The proxy's own table endpoint, account included.</summary>
    public Uri TableEndpoint { get; private set; }

    /// <summary>The proxy's own queue endpoint, account included.</summary>
    public Uri QueueEndpoint { get; private set; }

    /// <summary>A storage connection string whose tables and queues go through the proxy. Blobs, where the Functions host has its timers' locks, do not.</summary>
    public string ConnectionString => AzuriteProcess.ConnectionStringFor(TableEndpoint, QueueEndpoint, _blobs);

    /// <summary>How many requests came in so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>How many of them met a fault.</summary>
    public int ValidationErrors => Volatile.Read(ref _errors);

    /// <summary>Starts a proxy in front of <paramref name="azurite"/>.</summary>
    public static async Task<StorageFaultProxy> StartAsync(AzuriteProcess azurite, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(azurite);
        var proxy = new StorageFaultProxy(azurite);
        await proxy._server.StartAsync(cancellationToken).ConfigureAwait(false);
        var addresses = proxy._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address)).ToArray();
        proxy.TableEndpoint = new Uri(addresses[0], AzuriteProcess.AccountName);
        proxy.QueueEndpoint = new Uri(addresses[1], AzuriteProcess.AccountName);
        proxy._queuePort = addresses[1].Port;
        return proxy;
    }

    /// <summary>Waits until every duplicate that is still on its way has been carried out.</summary>
    public async Task SettleAsync()
    {
        while (Pending() is { Length: > 0 } pending)
        {
            await Task.WhenAll(pending).ConfigureAwait(false);
        }

        Task[] Pending()
        {
            lock (_gate)
            {
                return [.. _duplicates];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await SettleAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _backend.Dispose();
        _stopping.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            var request = await ReadAsync(context, ended.Token).ConfigureAwait(false);
            var fault = Decide(request);
            if (fault != StorageFault.None)
            {
                Interlocked.Increment(ref _errors);
            }

            await PauseAsync(fault.Delay, ended.Token).ConfigureAwait(false);
            var headers = context.Request.Headers
                .Where(header => !OwnHeaders.Contains(header.Key))
                .Select(header => (header.Key, Values: header.Value.ToArray())).ToArray();

            // Once it is on its way to the storage it is carried out, whatever the client does meanwhile.
            using var answer = fault.Forward ? await SendAsync(request, headers, _stopping.Token).ConfigureAwait(false) : null;
            if (fault.DuplicateAfter is { } after)
            {
                Repeat(request, headers, after);
            }

            await PauseAsync(fault.AnswerDelay, ended.Token).ConfigureAwait(false);
            if (fault.Cut)
            {
                context.Abort();
            }
            else if (fault.Status is { } status)
            {
                await AnswerErrorAsync(context, request, status, ended.Token).ConfigureAwait(false);
            }
            else
            {
                await AnswerAsync(context, answer!, ended.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            // The storage is down, or one of the two sides is gone: the client sees a broken connection, as it would without a proxy.
            context.Abort();
        }
    }

    private async Task<StorageRequest> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        return new StorageRequest(
            Interlocked.Increment(ref _requests),
            context.Connection.LocalPort == _queuePort ? StorageService.Queue : StorageService.Table,
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            body.ToArray());
    }

    private async Task<HttpResponseMessage> SendAsync(
        StorageRequest request, (string Name, string?[] Values)[] headers, CancellationToken cancellationToken)
    {
        // The target is signed as it was sent: nothing may normalise it on the way.
        var authority = (request.Service == StorageService.Queue ? _queueBackend : _tableBackend).GetLeftPart(UriPartial.Authority);
        var target = new Uri(authority + request.PathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), target);
        var hasBody = request.Body.Length > 0 || headers.Any(header => header.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        message.Content = hasBody ? new ReadOnlyMemoryContent(request.Body) : null;
        foreach (var (name, values) in headers)
        {
            // Host goes along as the client sent it: the storage sees the address that the client signed for.
            if (!message.Headers.TryAddWithoutValidation(name, values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, values);
            }
        }

        var response = await _backend.SendAsync(message, cancellationToken).ConfigureAwait(false);
        await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        return response;
    }

    private void Repeat(StorageRequest request, (string Name, string?[] Values)[] headers, TimeSpan after)
    {
        lock (_gate)
        {
            var repeat = RepeatAsync();
            _duplicates.Add(repeat);
            _ = repeat.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        async Task RepeatAsync()
        {
            try
            {
                await Task.Delay(after, TimeProvider.System, _stopping.Token).ConfigureAwait(false);
                using var unseen = await SendAsync(request, headers, _stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // Lost on the way, like any other packet.
            }
        }

        void Forget(Task repeat)
        {
            lock (_gate)
            {
                _duplicates.Remove(repeat);
            }
        }
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!OwnHeaders.Contains(name))
            {
                context.Response.Headers.Append(name, values.ToArray());
            }
        }

        if (answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified) && context.Request.Method != "HEAD")
        {
            await answer.Content.CopyToAsync(context.Response.Body, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task AnswerErrorAsync(HttpContext context, StorageRequest request, int status, CancellationToken cancellationToken)
    {
        var code = status == 503 ? "ServerBusy" : "InternalError";
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        context.Response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        var body = request.Service == StorageService.Queue
            ? $"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>An injected fault.</Message></Error>"""
            : $$$"""{ "odata.error": { "code": "{{{code}}}", "message": { "lang": "en-US", "value": "An injected fault." } } }""";
        context.Response.ContentType = request.Service == StorageService.Queue ? "application/xml" : "application/json";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), cancellationToken).AsTask();
    }

    private static Task PauseAsync(TimeSpan time, CancellationToken cancellationToken) =>
        time > TimeSpan.Zero ? Task.Delay(time, TimeProvider.System, cancellationToken) : Task.CompletedTask;
}
