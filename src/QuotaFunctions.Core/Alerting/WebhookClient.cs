using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Core.Alerting;

/// <summary>What became of a request to a webhook.</summary>
/// <param name="Outcome">Whether it arrived.</param>
/// <param name="Reason">Why not, in a few words that show nothing of its address.</param>
/// <param name="RetryAfter">How long it asks to be left alone; null where it does not say.</param>
internal sealed record WebhookResult(WebhookOutcome Outcome, string Reason, TimeSpan? RetryAfter = null);

/// <summary>Whether a request to a webhook arrived.</summary>
internal enum WebhookOutcome
{
    /// <summary>It was taken.</summary>
    Delivered,

    /// <summary>It was not, and may be later.</summary>
    Later,

    /// <summary>It will never be.</summary>
    Refused,
}

/// <summary>Sends requests to webhooks.</summary>
internal interface IWebhookClient
{
    /// <summary>Makes one attempt to deliver a batch. What goes wrong is the result.</summary>
    Task<WebhookResult> SendAsync(AlertBatch batch, WebhookTarget target, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IWebhookClient"/>
/// <remarks>
/// Addresses are checked where they are used, after the name was resolved, and redirects are not followed: so a webhook
/// reaches nothing of the network that the service runs in.
/// </remarks>
internal sealed class WebhookClient : IWebhookClient, IDisposable
{
    /// <summary>How long a webhook may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The header with the id of what is told: the same for every attempt.</summary>
    public const string EventIdHeader = "X-Quota-Event-Id";

    /// <summary>The header with the signature.</summary>
    public const string SignatureHeader = "X-Quota-Signature";

    /// <summary>Of an answer no more is read.</summary>
    private const int MaxAnswer = 4096;

    private readonly HttpClient _http;
    private readonly AlertOptions _options;
    private readonly TimeProvider _clock;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;

    /// <summary>With the system's resolver.</summary>
    public WebhookClient(IOptions<AlertOptions> options, TimeProvider clock)
        : this(options, clock, Dns.GetHostAddressesAsync)
    {
    }

    /// <summary>With a resolver of the caller's choice.</summary>
    internal WebhookClient(IOptions<AlertOptions> options, TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_options, _clock, _resolve) = (options.Value, clock, resolve);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,

            // Through a proxy it would be the proxy that resolves the name, and no address could be checked
            UseProxy = false,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, cancellationToken),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <inheritdoc/>
    public async Task<WebhookResult> SendAsync(AlertBatch batch, WebhookTarget target, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var request = ToRequest(batch, target);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await ReadAsync(target, answer, either.Token);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return ExceptionChain.Find<EndpointNotAllowedException>(failure) is not null
                ? new WebhookResult(WebhookOutcome.Refused, "its address is private")
                : new WebhookResult(WebhookOutcome.Later, patience.IsCancellationRequested ? "no answer in time" : KindOf(failure));
        }
    }

    /// <summary>The signature of a body at a moment.</summary>
    public static string Sign(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes(time + "."), .. body];
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }

    private HttpRequestMessage ToRequest(AlertBatch batch, WebhookTarget target)
    {
        var body = WebhookBody.Of(batch, target, _options.Language);
        var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.ParseAdd("QuotaFunctions");
        request.Headers.Add(EventIdHeader, batch.Id);
        if (_options.WebhookSecret is { } secret)
        {
            request.Headers.Add(SignatureHeader, Sign(secret, _clock.GetUtcNow(), body));
        }

        return request;
    }

    private async Task<WebhookResult> ReadAsync(WebhookTarget target, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var (status, reason) = (answer.StatusCode, string.Create(CultureInfo.InvariantCulture, $"status {(int)answer.StatusCode}"));
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            var after = answer.Headers.RetryAfter;
            return new WebhookResult(WebhookOutcome.Later, reason, after?.Delta ?? after?.Date - _clock.GetUtcNow());
        }

        if (!answer.IsSuccessStatusCode)
        {
            return new WebhookResult(WebhookOutcome.Refused, reason);
        }

        // These say 200 whatever they think of it
        var code = target.Shape switch { WebhookShape.DingTalk => "errcode", WebhookShape.Feishu => "code", _ => null };
        return code is null || await ReadCodeAsync(answer, code, cancellationToken) is not { } fault
            ? new WebhookResult(WebhookOutcome.Delivered, reason)
            : new WebhookResult(WebhookOutcome.Later, $"{code} {fault.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>The code of a fault in an answer; null for none.</summary>
    private static async Task<long?> ReadCodeAsync(HttpResponseMessage answer, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswer];
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, MaxAnswer, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var json = JsonDocument.Parse(buffer.AsMemory(0, length));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var code)
                && code.TryGetInt64(out var number) && number != 0
                ? number
                : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(endpoint.Host, out var named) ? [named] : await _resolve(endpoint.Host, cancellationToken);
        var allowed = _options.AllowPrivate ? addresses : Array.FindAll(addresses, static address => !UpstreamAddress.IsPrivate(address));
        if (allowed.Length == 0)
        {
            throw new EndpointNotAllowedException(endpoint.Host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What went wrong. Never the message, which may hold the address.</summary>
    private static string KindOf(Exception failure) =>
        ExceptionChain.Find<SocketException>(failure) is { } socket ? socket.SocketErrorCode.ToString() : failure.GetType().Name;
}
