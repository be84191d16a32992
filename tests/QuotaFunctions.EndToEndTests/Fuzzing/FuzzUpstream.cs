using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>
/// An upstream on a raw socket. What it answers to a request is told beforehand by the request's marker; a request without one gets a good answer.
/// </summary>
internal sealed partial class FuzzUpstream : IAsyncDisposable
{
    private const string EndOfHead = "\r\n\r\n";
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, FuzzAnswer> _answers = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _forwarded;
    private int _answering;

    public FuzzUpstream()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it is.</summary>
    public Uri BaseAddress => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How many requests have reached it at paths under <c>/requests</c>.</summary>
    public int Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>How many requests it is about to read or to answer.</summary>
    public int Answering => Volatile.Read(ref _answering);

    /// <summary>Says what the request with a marker is answered.</summary>
    public void On(string marker, FuzzAnswer answer) => _answers[marker] = answer;

    /// <summary>The markers in a text.</summary>
    public static IEnumerable<string> Markers(string text) => Marker().Matches(text).Select(match => match.Value);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The end of the test
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        await using var connection = new NetworkStream(socket);
        try
        {
            for (var text = ""; await ReadUntilAsync(connection, text, static text => text.Contains(EndOfHead, StringComparison.Ordinal)) is { } received;)
            {
                var head = received[..(received.IndexOf(EndOfHead, StringComparison.Ordinal) + EndOfHead.Length)];
                if (RequestLine().IsMatch(head))
                {
                    Interlocked.Increment(ref _forwarded);
                }

                Interlocked.Increment(ref _answering);
                try
                {
                    var marker = Markers(head).FirstOrDefault() ?? "";
                    var answer = _answers.GetValueOrDefault(marker) ?? FuzzAnswers.Good(marker);
                    if (!answer.IsEarly)
                    {
                        received = await ReadUntilAsync(connection, received, text => EndOfBody(head, text) is not null) ?? throw new EndOfStreamException();
                    }

                    text = EndOfBody(head, received) is { } end ? received[end..] : "";
                    await AnswerAsync(connection, answer);
                    if (answer.End is AnswerEnd.Close or AnswerEnd.Reset)
                    {
                        socket.LingerState = new LingerOption(answer.End == AnswerEnd.Reset, 0);
                        return;
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref _answering);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The service has left
        }
    }

    private async Task AnswerAsync(NetworkStream connection, FuzzAnswer answer)
    {
        for (var at = 0; at < answer.Bytes.Length;)
        {
            var next = (int)Math.Min(answer.Bytes.Length, (long)at + answer.PieceSize);
            await connection.WriteAsync(Encoding.Latin1.GetBytes(answer.Bytes[at..next]), _stop.Token);
            at = next;
            if (answer.Pause > TimeSpan.Zero)
            {
                await Task.Delay(answer.Pause, _stop.Token);
            }
        }

        if (answer.End == AnswerEnd.Silence)
        {
            // Until the service has had enough
            await ReadUntilAsync(connection, "", static _ => false);
        }

        while (answer.End == AnswerEnd.Endless)
        {
            await connection.WriteAsync(Encoding.Latin1.GetBytes(FuzzAnswers.Chunk("data: more\n\n")), _stop.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(20), _stop.Token);
        }
    }

    // Null where the connection ends before
    private async Task<string?> ReadUntilAsync(NetworkStream connection, string text, Func<string, bool> isEnough)
    {
        var (received, buffer) = (new StringBuilder(text), new byte[64 * 1024]);
        while (!isEnough(text))
        {
            var count = await connection.ReadAsync(buffer, _stop.Token);
            if (count == 0)
            {
                return null;
            }

            text = received.Append(Encoding.Latin1.GetString(buffer, 0, count)).ToString();
        }

        return text;
    }

    // The service is to send well-formed requests, whatever its clients do
    private static int? EndOfBody(string head, string text)
    {
        if (head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            var last = text.IndexOf("0\r\n\r\n", head.Length, StringComparison.Ordinal);
            return last < 0 ? null : last + 5;
        }

        var end = head.Length + (Length().Match(head) is { Success: true } length ? int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
        return text.Length < end ? null : end;
    }

    [GeneratedRegex(@"~\d+\.\d+~(\d~)?")]
    private static partial Regex Marker();

    [GeneratedRegex(@"^\S+ /requests/")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"\r\nContent-Length: (\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex Length();
}
