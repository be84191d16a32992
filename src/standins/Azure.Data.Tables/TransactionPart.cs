using System.Text;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>The answer to one action of a transaction; its headers are looked up in the bytes that came.</summary>
internal sealed class TransactionPart(int status, ReadOnlyMemory<byte> headers, ReadOnlyMemory<byte> body) : Response
{
    private Stream _stream;

    public override int Status => status;

    public override string ReasonPhrase => "";

    public override bool IsError => status >= 400;

    public override string ClientRequestId { get; set; }

    public override Stream ContentStream
    {
        get => _stream ??= body.IsEmpty ? null : new MemoryStream(body.ToArray(), writable: false);
        set => _stream = value;
    }

    public override void Dispose()
    {
    }

    protected override bool TryGetHeader(string name, out string value)
    {
        var rest = headers.Span;
        while (TryTake(ref rest, out var headerName, out var headerValue))
        {
            if (Ascii.EqualsIgnoreCase(headerName, name))
            {
                value = Encoding.UTF8.GetString(headerValue);
                return true;
            }
        }

        value = null;
        return false;
    }

    protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
    {
        var found = TryGetHeader(name, out var value);
        values = found ? [value] : null;
        return found;
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders()
    {
        var all = new List<HttpHeader>();
        var rest = headers.Span;
        while (TryTake(ref rest, out var name, out var value))
        {
            all.Add(new HttpHeader(Encoding.ASCII.GetString(name), Encoding.UTF8.GetString(value)));
        }

        return all;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = (end < 0 ? rest : rest[..end]).Trim("\r "u8);
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.IndexOf((byte)':') is > 0 and var colon)
            {
                name = line[..colon];
                value = line[(colon + 1)..].Trim((byte)' ');
                return true;
            }
        }

        name = value = default;
        return false;
    }
}
