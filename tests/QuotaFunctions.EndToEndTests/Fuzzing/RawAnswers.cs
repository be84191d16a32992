using System.Globalization;
using System.Text.RegularExpressions;

namespace QuotaFunctions.EndToEndTests.Fuzzing;

/// <summary>An answer as it came over the wire.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Head">Its status line and headers.</param>
/// <param name="Body">As much of its body as came, in chunks as they came.</param>
/// <param name="IsWhole">Whether its end came. One without a length ends with the connection, and is not.</param>
internal sealed record RawAnswer(int Status, string Head, string Body, bool IsWhole);

/// <summary>Reads the answers that came over a connection.</summary>
internal static partial class RawAnswers
{
    private const string EndOfHead = "\r\n\r\n";

    /// <summary>The answers in what came so far, without interim ones (1xx).</summary>
    public static List<RawAnswer> In(string text)
    {
        var answers = new List<RawAnswer>();
        for (var at = 0; at < text.Length && text.IndexOf(EndOfHead, at, StringComparison.Ordinal) is >= 0 and var end;)
        {
            var (head, start) = (text[at..end], end + EndOfHead.Length);
            var line = StatusLine().Match(head);
            Assert.True(line.Success, $"No answer at {at} of:\n{text}");
            var status = int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture);
            if (status is >= 100 and < 200 and not 101)
            {
                at = start;
                continue;
            }

            int? stop = status is 101 or 204 or 304 ? start
                : Length().Match(head) is { Success: true } length ? start + int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture)
                : head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase) ? EndOfChunks(text, start)
                : null;
            var isWhole = stop <= text.Length;
            at = isWhole ? stop!.Value : text.Length;
            answers.Add(new RawAnswer(status, head, text[Math.Min(start, at)..at], isWhole));
        }

        return answers;
    }

    private static int? EndOfChunks(string text, int at)
    {
        while (text.IndexOf("\r\n", at, StringComparison.Ordinal) is >= 0 and var end)
        {
            var size = int.Parse(text.AsSpan(at, end - at), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                // Trailers end with an empty line
                var last = text.IndexOf(EndOfHead, end, StringComparison.Ordinal);
                return last < 0 ? null : last + EndOfHead.Length;
            }

            at = end + size + 4;
            if (at > text.Length)
            {
                return null;
            }
        }

        return null;
    }

    [GeneratedRegex(@"^HTTP/1\.[01] (\d{3}) ?")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\r\nContent-Length: (\d{1,9})(\r\n|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Length();
}
