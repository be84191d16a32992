using System.Globalization;
using System.Text;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Requests as they go over the wire, made up before the load.</summary>
internal static class HttpMessages
{
    /// <summary>A charge of 1.</summary>
    public static byte[] Consume(string secret) => Post("/quota/consume", """{"cost":1}""", ("X-API-Key", secret));

    /// <summary>A request without a body.</summary>
    public static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    /// <summary>A request with JSON.</summary>
    public static byte[] Post(string path, string body, params (string Name, string Value)[] headers) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"))}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
}
