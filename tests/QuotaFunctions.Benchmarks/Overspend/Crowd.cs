using System.Net;
using System.Net.Http.Json;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>
/// Clients on one quota, each one request at a time, until it is refused. A request without an answer is sent again, to the next process
/// and with the same Idempotency-Key, until it has one; or, without an Idempotency-Key, it is noted, to be looked up in the log.
/// </summary>
/// <param name="processes">The processes.</param>
/// <param name="secret">What they know the quota by.</param>
/// <param name="repeats">Whether a request without an answer is sent again.</param>
internal sealed class Crowd(IReadOnlyList<Uri> processes, string secret, bool repeats) : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = AnswerTimeout };
    private readonly IReadOnlyList<Uri> _addresses = [.. processes.Select(process => new Uri(process, "/quota/consume"))];
    private readonly Lock _gate = new();
    private readonly HashSet<string> _granted = [];
    private readonly HashSet<string> _open = [];
    private long _requests;
    private long _unanswered;
    private long _limit = long.MaxValue;

    /// <summary>The requests that were granted. To be read when the clients are done.</summary>
    public IReadOnlySet<string> Granted => _granted;

    /// <summary>The requests of which nobody was told what became of them. To be read when the clients are done.</summary>
    public IReadOnlySet<string> Open => _open;

    /// <summary>How many were granted so far.</summary>
    public int GrantedSoFar
    {
        get
        {
            lock (_gate)
            {
                return _granted.Count;
            }
        }
    }

    /// <summary>How often no answer came.</summary>
    public long Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>How many may be granted before the clients wait: kills are to come in the middle of the load, not after it.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, value);
    }

    /// <summary>Lets so many clients ask until each of them is refused.</summary>
    public Task RunAsync(int clients, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => AskOnAsync(cancellationToken), cancellationToken)));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task AskOnAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (GrantedSoFar >= Limit)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }

            var number = Interlocked.Increment(ref _requests);
            var request = $"request-{number}";
            var granted = await AskAsync(number, request, cancellationToken);
            if (granted is false)
            {
                return;
            }

            lock (_gate)
            {
                (granted is null ? _open : _granted).Add(request);
            }
        }
    }

    /// <summary>Whether a request was granted; null where nobody knows.</summary>
    private async Task<bool?> AskAsync(long number, string request, CancellationToken cancellationToken)
    {
        for (var attempt = number; ; attempt++)
        {
            switch (await SendAsync(_addresses[(int)(attempt % _addresses.Count)], request, cancellationToken))
            {
                case Answer.Granted: return true;
                case Answer.Refused: return false;
                case Answer.None when !repeats: return null;
                default: break;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<Answer> SendAsync(Uri address, string request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(new Consumption(1, request)) };
        message.Headers.Add("X-API-Key", secret);
        if (repeats)
        {
            message.Headers.Add("Idempotency-Key", request);
        }

        try
        {
            using var response = await _http.SendAsync(message, cancellationToken);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK: return Answer.Granted;
                case HttpStatusCode.TooManyRequests: return Answer.Refused;
                case HttpStatusCode.ServiceUnavailable: break;
                default: throw new InvalidOperationException($"a request was answered {(int)response.StatusCode}");
            }
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return Answer.NotReached;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A broken connection, or a time-out
        }

        Interlocked.Increment(ref _unanswered);
        return Answer.None;
    }

    private enum Answer
    {
        Granted,
        Refused,

        /// <summary>Nobody knows what became of it.</summary>
        None,

        /// <summary>Nobody listens: it was not sent.</summary>
        NotReached,
    }
}
