using System.Text;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>Breaks messages. A message is a text with one character for each byte (Latin-1).</summary>
internal static class Mangling
{
    private static readonly string[] Nasty =
    [
        "\0", "\r", "\n", "\r\n", "\r\n\r\n", "\n\n", " ", "\t", ":", ";", ",", "\"", "\\", "%00", "%zz", "%c0%af", "../", "//", "{", "}", "[", "0", "-1", "+",
        "99999999999999999999", "\xFF", "\xEF\xBB\xBF", Utf8("密钥 é 🔑"), "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n",
        "\r\nContent-Length: 5\r\n", "\r\nConnection: close\r\n", "\r\nConnection: X-API-Key\r\n", "\r\nHost: other\r\n", "\r\n X-Folded: 1\r\n",
    ];

    /// <summary>The bytes of a text in UTF-8.</summary>
    public static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Random bytes.</summary>
    public static string Garbage(this Random random, int length) => string.Create(length, random, static (text, random) =>
    {
        foreach (ref var character in text)
        {
            character = (char)random.Next(256);
        }
    });

    /// <summary>One of several.</summary>
    public static T OneOf<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    /// <summary>Changes a message at one to three random places.</summary>
    public static string Mangle(this Random random, string message)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var (at, length) = (random.Next(message.Length), random.Next(1, 9));
            var end = Math.Min(message.Length, at + length);
            message = random.Next(5) switch
            {
                0 => message[..at] + random.Garbage(end - at) + message[end..],
                1 => message[..at] + message[end..],
                2 => message[..end] + message[at..],
                3 => message[..at] + random.OneOf(Nasty.AsSpan()) + message[at..],
                _ => message[..at] + (char)(message[at] ^ (1 << random.Next(8))) + message[(at + 1)..],
            };
            if (message.Length == 0)
            {
                return " ";
            }
        }

        return message;
    }
}
