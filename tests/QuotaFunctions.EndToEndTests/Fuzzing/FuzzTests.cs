using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>
/// Mangled requests on one side, mangled answers on the other, over raw sockets. QUOTA_FUZZ_MINUTES says for how long, QUOTA_FUZZ_SEED with which
/// seed: the same seed makes the same requests and answers. <c>scripts/fuzz.sh</c> sets both.
/// </summary>
public sealed class FuzzTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Workers = 12;

    // Enough that no circuit opens for good
    private const int Providers = 40;

    // Of a provider, in seconds: until its headers, and from there to its end
    private const int Timeout = 2;

    // What is asked of the service's own limits, on a machine with other work to do: those above, three attempts, and half a minute for a head
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    // What a client waits that has not asked for anything whole
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private static readonly Dictionary<int, string[]> OwnErrors = new()
    {
        [501] = ["not_supported"],
        [502] = ["upstream_unreachable"],
        [503] = ["upstream_circuit_open"],
        [504] = ["upstream_timeout"],
    };

    private readonly ConcurrentDictionary<string, int> _seen = new();
    private readonly FuzzUpstream _upstream = new();
    private AppProcess _app = null!;

    [Fact]
    public async Task Whatever_comes_over_the_wire_nothing_breaks_hangs_mixes_up_or_is_charged_without_a_call()
    {
        var minutes = double.Parse(Environment.GetEnvironmentVariable("QUOTA_FUZZ_MINUTES") ?? "0.7", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("QUOTA_FUZZ_SEED") ?? $"{Random.Shared.Next()}", CultureInfo.InvariantCulture);
        output.WriteLine($"{minutes} minutes, QUOTA_FUZZ_SEED={seed}");
        await using var upstream = _upstream;
        await using var app = _app = await AppProcess.StartAsync(Settings(), output.WriteLine);
        var api = new ApiClient(app.BaseAddress);
        TestKey[] keys = [await api.CreateKeyAsync(1_000_000), await api.CreateKeyAsync(1_000_000), await api.CreateKeyAsync(1_000_000, new { unit = "tokens" })];

        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(minutes));
        var halves = FuzzRequests.Halves(keys[0].Secret).Select(half => ExchangeAsync(new FuzzRequest("stops halfway", half), isPatient: true)).ToList();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await TryAsync(seed, Interlocked.Increment(ref next), keys);
            }
        })));
        await Task.WhenAll(halves);

        Assert.False(app.HasExited, $"seed {seed}: the service has ended.");
        await Eventually.TrueAsync(() => upstream.Answering == 0, Longest);
        long used = 0;
        foreach (var key in keys)
        {
            var books = await api.SettledBooksAsync(key, Longest);
            output.WriteLine($"{books}");
            used += key == keys[2] ? 0 : books.Used;
        }

        output.WriteLine($"{next + 1} connections, {upstream.Forwarded} requests forwarded, {used} charged");
        output.WriteLine(string.Join('\n', _seen.OrderBy(seen => seen.Key, StringComparer.Ordinal).Select(seen => $"{seen.Value,7} {seen.Key}")));
        Assert.InRange(used, 1, upstream.Forwarded);
        Assert.True(_seen.GetValueOrDefault("200 to a good request") > 20, $"seed {seed}: hardly anything went through.");
        Assert.DoesNotMatch("(?m)Z (fail|crit): ", app.Log);
    }

    private Dictionary<string, string?> Settings()
    {
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["LOG_LEVEL"] = "error";
        for (var number = 0; number < Providers; number++)
        {
            foreach (var kind in (string[])["requests", "tokens"])
            {
                var provider = string.Create(CultureInfo.InvariantCulture, $"Providers__{kind}{number}__");
                settings[provider + "BaseUrl"] = new Uri(_upstream.BaseAddress, $"/{kind}").ToString();
                settings[provider + "AuthScheme"] = "none";
                settings[provider + "TimeoutSeconds"] = settings[provider + "StreamTimeoutSeconds"] = Timeout.ToString(CultureInfo.InvariantCulture);
            }
        }

        return settings;
    }

    private async Task TryAsync(int seed, int number, TestKey[] keys)
    {
        var random = new Random(unchecked(seed + (number * 486187739)));
        var client = number % keys.Length;
        var provider = string.Create(CultureInfo.InvariantCulture, $"{(client == 2 ? "tokens" : "requests")}{random.Next(Providers)}");
        var marker = string.Create(CultureInfo.InvariantCulture, $"~{client}.{number}~");

        // One side is mangled, or the other, or both
        var request = random.Next(3) > 0
            ? FuzzRequests.Of(random, provider, marker, keys[client].Secret)
            : new FuzzRequest("good", FuzzRequests.Plain(random, provider, marker, keys[client].Secret), Answers: 1);
        var answer = request.Kind == "good" || random.Next(4) == 0 ? FuzzAnswers.Of(random, marker) : FuzzAnswers.Good(marker);
        _upstream.On(marker, answer);
        var received = "";
        try
        {
            received = await ExchangeAsync(request, isPatient: false);
            Check(request, answer, received);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(
                $"QUOTA_FUZZ_SEED={seed}, connection {number}: a request that is {request.Kind} and an answer that is {answer.Kind}.\n--- sent\n{Shown(request.Bytes)}\n--- the upstream's answer\n{Shown(answer.Bytes)} {answer.End}\n--- received\n{Shown(received)}",
                exception);
        }
    }

    private void Check(FuzzRequest request, FuzzAnswer answer, string received)
    {
        Assert.All(FuzzUpstream.Markers(received), marker => Assert.Contains(marker, request.Bytes + answer.Bytes, StringComparison.Ordinal));
        var answers = RawAnswers.In(received);
        foreach (var each in answers)
        {
            _seen.AddOrUpdate($"{each.Status} to a {(request.Kind == "good" ? "good" : "mangled")} request", 1, static (_, count) => count + 1);
            var isUpstreams = answer.Bytes.Contains($" {each.Status}", StringComparison.Ordinal);

            // 505 is the web server's word for a version of HTTP that does not exist
            Assert.True(
                each.Status is < 500 or 505 || isUpstreams || (OwnErrors.TryGetValue(each.Status, out var codes) && codes.Any(code => each.Body.Contains($"\"code\":\"{code}\"", StringComparison.Ordinal))),
                $"{each.Status} is of the service's own making.");
        }

        if (request.Kind == "good" && answer.Kind == "good" && !answers.TrueForAll(each => each.Status == 503))
        {
            Assert.Equal((200, true), answers.Select(each => (each.Status, each.IsWhole)).Single());
        }
    }

    /// <summary>
    /// Sends a request and returns all that comes back, until the answers are whole or the service closes the connection. A client without a
    /// claim to an answer leaves after a while, unless it is patient.
    /// </summary>
    private async Task<string> ExchangeAsync(FuzzRequest request, bool isPatient)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _app.BaseAddress.Port);
        var mustEnd = isPatient || request.Answers > 0;
        using var limit = new CancellationTokenSource(mustEnd ? Longest : Patience);
        var (received, buffer) = (new StringBuilder(), new byte[64 * 1024]);
        var sending = SendAsync(socket, request, limit.Token);
        try
        {
            while (request.Answers == 0 || RawAnswers.In(received.ToString()).Count(answer => answer.IsWhole) < request.Answers)
            {
                var count = await socket.ReceiveAsync(buffer, limit.Token);
                if (count == 0)
                {
                    break;
                }

                received.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (OperationCanceledException) when (!mustEnd)
        {
            // It may have been waiting for more
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"The service holds a connection that {request.Kind} for longer than {Longest.TotalSeconds} s; {Shown(received.ToString())}", exception);
        }
        catch (SocketException)
        {
            // The service has broken it off
        }
        finally
        {
            await limit.CancelAsync();
            await sending;
        }

        return received.ToString();
    }

    private static async Task SendAsync(Socket socket, FuzzRequest request, CancellationToken cancellationToken)
    {
        try
        {
            for (var at = 0; at < request.Bytes.Length;)
            {
                var next = (int)Math.Min(request.Bytes.Length, (long)at + request.PieceSize);
                for (var rest = Encoding.Latin1.GetBytes(request.Bytes[at..next]).AsMemory(); rest.Length > 0;)
                {
                    rest = rest[await socket.SendAsync(rest, cancellationToken)..];
                }

                at = next;
                await Task.Yield();
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The service has heard enough
        }
    }

    private static string Shown(string text) => (text.Length <= 3000 ? text : text[..2000] + " … " + text[^1000..]).Replace("\r", "\\r", StringComparison.Ordinal);
}
