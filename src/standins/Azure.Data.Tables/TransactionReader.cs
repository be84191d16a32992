using System.Buffers.Text;
using System.Text;

namespace Azure.Data.Tables;

/// <summary>Takes the answers to a transaction's actions out of the multipart body that they come in.</summary>
internal static class TransactionReader
{
    private enum Within
    {
        Nothing,
        PartHeaders,
        ResponseHeaders,
        ResponseBody,
    }

    /// <summary>
    /// Every line that begins with two dashes and one of the boundaries in force ends what was before it.
    /// The boundaries are the first line's and those that headers of parts announce.
    /// </summary>
    public static List<TransactionPart> Read(ReadOnlyMemory<byte> content)
    {
        var parts = new List<TransactionPart>(4);
        ReadOnlySpan<byte> outer = default, inner = default;
        var within = Within.Nothing;
        int status = 0, headers = 0, headersEnd = 0, body = 0;

        for (var at = 0; at < content.Length;)
        {
            var rest = content.Span[at..];
            var lineEnd = rest.IndexOf((byte)'\n');
            var next = lineEnd < 0 ? content.Length : at + lineEnd + 1;
            var line = (lineEnd < 0 ? rest : rest[..lineEnd]).TrimEnd((byte)'\r');

            if (outer.IsEmpty && line.StartsWith("--"u8))
            {
                outer = line;
            }

            if (IsBoundary(line, outer) || IsBoundary(line, inner))
            {
                if (within is Within.ResponseHeaders or Within.ResponseBody)
                {
                    var bodyEnd = Math.Max(body, at);
                    parts.Add(new TransactionPart(status, content[headers..Math.Max(headers, headersEnd)], content[body..bodyEnd].Trim("\r\n"u8)));
                }

                within = Within.PartHeaders;
            }
            else
            {
                switch (within)
                {
                    case Within.PartHeaders when line.StartsWith("HTTP/1."u8):
                        status = Status(line);
                        headers = headersEnd = body = next;
                        within = Within.ResponseHeaders;
                        break;
                    case Within.PartHeaders when line.IndexOf("boundary="u8) is >= 0 and var boundary:
                        inner = Delimiter(line[(boundary + "boundary="u8.Length)..]);
                        break;
                    case Within.ResponseHeaders when line.IsEmpty:
                        body = next;
                        within = Within.ResponseBody;
                        break;
                    case Within.ResponseHeaders:
                        headersEnd = body = next;
                        break;
                }
            }

            at = next;
        }

        return parts.Count > 0 ? parts : throw new InvalidDataException("The answer to the transaction holds no answers to its actions.");
    }

    private static bool IsBoundary(ReadOnlySpan<byte> line, ReadOnlySpan<byte> boundary) => !boundary.IsEmpty && line.StartsWith(boundary);

    private static byte[] Delimiter(ReadOnlySpan<byte> boundary)
    {
        boundary = boundary.Trim("\" "u8);
        var end = boundary.IndexOf((byte)';');
        return [.. "--"u8, .. end < 0 ? boundary : boundary[..end]];
    }

    private static int Status(ReadOnlySpan<byte> line)
        => line.Length >= 12 && Utf8Parser.TryParse(line[9..12], out int status, out _)
            ? status
            : throw new InvalidDataException($"Not a status line: {Encoding.ASCII.GetString(line)}");
}
