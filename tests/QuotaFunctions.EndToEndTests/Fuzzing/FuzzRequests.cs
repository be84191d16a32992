using System.Globalization;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>What a client sends on one connection.</summary>
/// <param name="Kind">What is wrong with it.</param>
/// <param name="Bytes">One character for each byte.</param>
/// <param name="PieceSize">How many bytes are sent at once.</param>
/// <param name="Answers">How many answers must come; 0 where the service may wait for more of it, or just close.</param>
internal sealed record FuzzRequest(string Kind, string Bytes, int PieceSize = int.MaxValue, int Answers = 0);

/// <summary>Requests of clients, well-formed and mangled.</summary>
internal static class FuzzRequests
{
    private const string Good = """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hello"}]}""";

    /// <summary>Requests that stop halfway, after which the client says no more: the service must not wait for ever.</summary>
    public static IReadOnlyList<string> Halves(string secret) =>
    [
        "P", "POST /v1/chat/completions HTTP/1.1\r\n", $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}",
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nContent-Length: 100\r\n\r\n",
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nContent-Length: 100\r\n\r\n{{\"model\":",
        $"POST /providers/requests1/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{{\"model\":",
        $"POST /providers/requests1/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nTransfer-Encoding: chunked\r\n\r\n{Chunk(Good)}",
        $"POST /quota/consume HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nContent-Length: 20\r\n\r\n{{",
    ];

    /// <summary>A request that nothing is wrong with.</summary>
    public static string Plain(Random random, string provider, string marker, string secret) => random.Next(4) switch
    {
        0 => $"GET /providers/{provider}/{marker} HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\n\r\n",
        1 => Head(provider, marker, secret, "Transfer-Encoding: chunked") + Chunk(Good[..9]) + Chunk(Good[9..]) + "0\r\n\r\n",
        2 => Head(provider, marker, secret, $"Content-Length: {70_000 + Good.Length}") + new string(' ', 70_000) + Good,
        _ => Head(provider, marker, secret, $"Content-Length: {Good.Length}") + Good,
    };

    /// <summary>A request that something may be wrong with.</summary>
    public static FuzzRequest Of(Random random, string provider, string marker, string secret)
    {
        var plain = Plain(random, provider, marker, secret);
        switch (random.Next(12))
        {
            case 0:
                return new FuzzRequest("byte by byte", plain.Length < 1000 ? plain : plain[^600..], PieceSize: 1, Answers: plain.Length < 1000 ? 1 : 0);
            case 1:
                return new FuzzRequest("in pieces", plain, PieceSize: random.Next(1, 2000) + (plain.Length / 50), Answers: 1);
            case 2:
                return new FuzzRequest("cut off", plain[..random.Next(1, plain.Length)]);
            case 3:
                return new FuzzRequest("several at once", string.Concat(Enumerable.Range(1, 3).Select(number => Plain(random, provider, $"{marker}{number}~", secret))), Answers: 3);
            case 4:
                var length = random.OneOf("-1", "+5", "1e3", "0x10", "5, 5", "", "99999999999999999999", "9223372036854775807", "3", "200", $"{Good.Length}\r\nContent-Length: 3", "5\r\nTransfer-Encoding: chunked");
                return new FuzzRequest("a length that lies", Head(provider, marker, secret, $"Content-Length: {length}") + Good);
            case 5:
                var size = random.OneOf("zz", "-1", "", "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF", "fffffff0", "3", "5;ext=\"\x01\"", "0005", " 5", "5\n");
                return new FuzzRequest("a chunk that lies", Head(provider, marker, secret, "Transfer-Encoding: " + random.OneOf("chunked", "gzip, chunked", "chunked, chunked", "xchunked", "identity")) + $"{size}\r\nhello\r\n0\r\n{random.OneOf("", "X-Trailer: 1\r\n", "\r\n", "X-API-Key: other\r\n\r\n")}");
            case 6:
                var name = random.OneOf("X-Filler", "Cookie", "Authorization", "X-Request-Id", "Idempotency-Key", "Content-Type", "Accept-Encoding", "traceparent", "X-API-Key");
                var value = random.Next(3) switch { 0 => new string('a', random.Next(100, 70_000)), 1 => Mangling.Utf8("密钥é"), _ => random.Garbage(20) };
                return new FuzzRequest("a header that is huge or strange", Head(provider, marker, secret, $"{name}: {value}\r\nContent-Length: {Good.Length}") + Good);
            case 7:
                var headers = string.Concat(Enumerable.Range(0, random.Next(90, 300)).Select(number => string.Create(CultureInfo.InvariantCulture, $"X-{number}: {number}\r\n")));
                return new FuzzRequest("very many headers", Head(provider, marker, secret, headers + $"Content-Length: {Good.Length}") + Good);
            case 8:
                var line = random.OneOf(
                    "", " ", "\0", "GET", "GET  /", "get / http/1.1", $"GET /providers/{provider}/{marker}", $"GET /providers/{provider}/{marker} HTTP/9.9", "PRI * HTTP/2.0", "CONNECT a:1 HTTP/1.1", "OPTIONS * HTTP/1.1",
                    $"GET http://other/providers/{provider}/{marker} HTTP/1.1", $"GET /providers/{provider}/../../{marker} HTTP/1.1", $"GET /providers/{provider}/%2e%2e/%00{marker} HTTP/1.1",
                    $"GET /{new string('a', random.Next(1000, 20_000))} HTTP/1.1", $"{new string('M', 300)} /providers/{provider}/{marker} HTTP/1.1", $"GET {Mangling.Utf8("/providers/密")} HTTP/1.1");
                return new FuzzRequest("a strange request line", $"{line}\r\nHost: a\r\nX-API-Key: {secret}\r\n\r\n");
            case 9:
                var more = random.OneOf("Connection: Upgrade\r\nUpgrade: websocket", "Expect: 100-continue", "Expect: magic", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA", "TE: trailers, deflate;q=0.5", "Connection: X-API-Key, Host", "Content-Encoding: gzip", "Content-Encoding: br", "Host: b");
                return new FuzzRequest("a header with consequences", Head(provider, marker, secret, $"{more}\r\nContent-Length: {Good.Length}") + Good);
            default:
                return new FuzzRequest("mangled", random.Mangle(plain));
        }
    }

    private static string Head(string provider, string marker, string secret, string more) =>
        $"POST /providers/{provider}/{marker} HTTP/1.1\r\nHost: a\r\nX-API-Key: {secret}\r\nContent-Type: application/json\r\n{more}\r\n\r\n";

    private static string Chunk(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n");
}
