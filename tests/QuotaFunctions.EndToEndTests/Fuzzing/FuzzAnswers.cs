using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>What an upstream does when it has sent its bytes.</summary>
internal enum AnswerEnd
{
    /// <summary>It keeps the connection for the next request.</summary>
    Keep,

    /// <summary>It closes the connection.</summary>
    Close,

    /// <summary>It breaks the connection off.</summary>
    Reset,

    /// <summary>It says no more, and keeps the connection.</summary>
    Silence,

    /// <summary>It goes on sending events until nobody takes them.</summary>
    Endless,
}

/// <summary>What an upstream answers.</summary>
/// <param name="Kind">What is wrong with it.</param>
/// <param name="Bytes">One character for each byte.</param>
/// <param name="End">What comes after them.</param>
/// <param name="PieceSize">How many bytes are sent at once.</param>
/// <param name="Pause">Between the pieces.</param>
/// <param name="IsEarly">Whether it is sent before the request has arrived whole.</param>
internal sealed record FuzzAnswer(
    string Kind, string Bytes, AnswerEnd End = AnswerEnd.Keep, int PieceSize = int.MaxValue, TimeSpan Pause = default, bool IsEarly = false);

/// <summary>Answers of upstreams, well-formed and mangled. Each carries the marker of the request that it answers.</summary>
internal static class FuzzAnswers
{
    /// <summary>An answer that nothing is wrong with.</summary>
    public static FuzzAnswer Good(string marker) => new("good", WithLength("200 OK", "application/json", Json(marker)));

    /// <summary>An answer that something may be wrong with.</summary>
    public static FuzzAnswer Of(Random random, string marker)
    {
        var json = Json(marker);
        var events = $"data: {{\"id\":\"{marker}\"}}\n\ndata: {{\"usage\":{{\"total_tokens\":7}}}}\n\ndata: [DONE]\n\n";
        var plain = random.Next(2) == 0 ? WithLength("200 OK", "application/json", json) : Chunked("text/event-stream", events);
        switch (random.Next(40))
        {
            case 0:
                var line = random.OneOf("HTTP/1.1 OK", "HTTP/1.1 99999 x", "HTTP/1.1 000 x", "HTTP/1.1 -20 x", "HTTP/1.1 2OO OK", "ICY 200 OK", "HTTP/3 200 OK", "HTTP/1.1 200", "HTTP/1.0 200 OK", "\r\n", "", $"HTTP/1.1 200 {Mangling.Utf8("密")}", $"HTTP/1.1 200 {new string('r', 70_000)}");
                return new FuzzAnswer("a strange status line", $"{line}\r\nContent-Length: {json.Length}\r\n\r\n{json}", AnswerEnd.Close);
            case 1:
                var status = random.OneOf("199 x", "204 No Content", "205 Reset", "304 Not Modified", "302 Found\r\nLocation: http://127.0.0.1:1/", "401 Unauthorized", "418 x", "429 Too Many", "500 x", "503 x", "599 x", "600 x", "999 x");
                return new FuzzAnswer("a strange status", WithLength(status, "application/json", json), AnswerEnd.Close);
            case 2:
                var before = random.OneOf("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n", string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50)));
                return new FuzzAnswer("an answer before the answer", before + plain);
            case 3:
                return new FuzzAnswer("another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" + json, AnswerEnd.Close);
            case 4:
                var size = random.OneOf("zz", "-1", "", "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF", "fffffff", "3", "5;e=\"");
                return new FuzzAnswer("a chunk that lies", $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{json}\r\n0\r\n\r\n", AnswerEnd.Close);
            case 5:
                var length = random.OneOf("99999", "3", "-1", "x", "", "99999999999999999999", $"{json.Length}\r\nContent-Length: 3", $"3\r\nTransfer-Encoding: chunked");
                return new FuzzAnswer("a length that lies", $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}", AnswerEnd.Close);
            case 6 or 7:
                return new FuzzAnswer("cut off", plain[..random.Next(plain.Length)], random.OneOf(AnswerEnd.Close, AnswerEnd.Reset));
            case 8:
                return random.Next(3) > 0 ? Good(marker) : new FuzzAnswer("a byte a second", plain, PieceSize: 1, Pause: TimeSpan.FromSeconds(1));
            case 9:
                return random.Next(2) > 0 ? Good(marker) : new FuzzAnswer("never ending", $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{Chunk(events)}", AnswerEnd.Endless);
            case 10:
                return random.Next(2) > 0 ? Good(marker) : new FuzzAnswer("silence", plain[..random.OneOf(0, 12, plain.Length - 8)], AnswerEnd.Silence);
            case 11:
                return new FuzzAnswer("an error in the stream", Chunked("text/event-stream", $"data: {{\"id\":\"{marker}\"}}\n\nevent: error\ndata: {{\"error\":{{\"message\":\"{marker}\"}}}}\n\n"));
            case 12:
                return new FuzzAnswer("garbage", random.Garbage(random.Next(1, 3000)), random.OneOf(AnswerEnd.Close, AnswerEnd.Reset));
            case 13:
                var text = Mangling.Utf8($"data: 密钥🔑é {marker}\n\n");
                return new FuzzAnswer("UTF-8 split", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(text.Select(character => Chunk($"{character}"))) + "0\r\n\r\n", PieceSize: 7);
            case 14:
                var zipped = Zipped(json);
                var body = random.Next(3) switch { 0 => random.Garbage(200), 1 => zipped[..(zipped.Length / 2)], _ => random.Mangle(zipped) };
                return new FuzzAnswer("broken gzip", WithLength("200 OK\r\nContent-Encoding: gzip", random.OneOf("application/json", "text/event-stream"), body));
            case 15:
                var header = random.Next(6) switch
                {
                    0 => $"X-Huge: {new string('h', random.Next(1000, 200_000))}",
                    1 => string.Join("\r\n", Enumerable.Range(0, random.Next(100, 2000)).Select(number => $"X-{number.ToString(CultureInfo.InvariantCulture)}: v")),
                    2 => "no colon here",
                    3 => $"X-Bytes: {random.Garbage(30)}",
                    4 => $"X-Text: {Mangling.Utf8("密钥")}",
                    _ => random.OneOf(": empty", "X Y: blank", "X-Fold: a\r\n b", "Connection: Content-Type, X-Request-Id", "Set-Cookie: a=b", "X-Request-Id: other", "X-Quota-Remaining: 5", "Trailer: Content-Length", "Content-Type: ;;", "Content-Encoding: nonsense"),
                };
                return new FuzzAnswer("a strange header", WithLength($"200 OK\r\n{header}", "application/json", json), AnswerEnd.Close);
            case 16:
                return new FuzzAnswer("before the request is whole", WithLength("413 Too Large", "application/json", json), AnswerEnd.Close, IsEarly: true);
            case 17:
                return new FuzzAnswer("more than it said", plain + WithLength("200 OK", "application/json", json));
            case 18 or 19 or 20:
                return new FuzzAnswer("mangled", random.Mangle(plain), AnswerEnd.Close);
            case 21 or 22:
                return new FuzzAnswer("in pieces", plain, PieceSize: random.Next(1, 60));
            case 23:
                return new FuzzAnswer("until the end of the connection", $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{json}", AnswerEnd.Close);
            default:
                return Good(marker);
        }
    }

    /// <summary>A chunk of a chunked body.</summary>
    public static string Chunk(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n");

    private static string Json(string marker) => $$"""{"id":"{{marker}}","usage":{"total_tokens":7},"text":"{{marker}}"}""";

    private static string WithLength(string status, string type, string body) =>
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private static string Chunked(string type, string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n{Chunk(body[..10])}{Chunk(body[10..])}0\r\n\r\n";

    private static string Zipped(string text)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.Latin1.GetBytes(text));
        }

        return Encoding.Latin1.GetString(zipped.ToArray());
    }
}
