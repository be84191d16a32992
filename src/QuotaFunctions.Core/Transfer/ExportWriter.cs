using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure.Data.Tables;

namespace QuotaFunctions.Core.Transfer;

/// <summary>Writes the lines of an export, counts them, and closes with their checksum.</summary>
internal sealed class ExportWriter(Stream output) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<string, long> _counts = [];
    private readonly MemoryStream _line = new();
    private long _lines;

    /// <summary>Writes the first line.</summary>
    public async Task BeginAsync(ExportHeader header, CancellationToken cancellationToken)
    {
        await WriteAsync(LineOf(header, ExportJson.Default.ExportHeader), cancellationToken);
        _lines++;
    }

    /// <summary>Writes a row.</summary>
    public async Task WriteRowAsync(string table, TableEntity row, CancellationToken cancellationToken)
    {
        _line.SetLength(0);
        RowLine.Write(_line, table, row);
        await WriteAsync(_line.GetBuffer().AsMemory(0, (int)_line.Length), cancellationToken);
        Count(table, 1);
    }

    /// <summary>Writes lines that were gathered before.</summary>
    public async Task WriteAsync(AccountLines lines, CancellationToken cancellationToken)
    {
        foreach (var some in lines.Read())
        {
            await WriteAsync(some, cancellationToken);
        }

        foreach (var (table, count) in lines.Counts)
        {
            Count(table, count);
        }
    }

    /// <summary>Writes the last line.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var end = new ExportEnd { Type = ExportFormat.EndType, Lines = _lines, Counts = _counts, Sha256 = Convert.ToHexStringLower(_hash.GetCurrentHash()) };
        await output.WriteAsync(LineOf(end, ExportJson.Default.ExportEnd), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private static byte[] LineOf<T>(T value, JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        await output.WriteAsync(bytes, cancellationToken);
    }

    private void Count(string table, long count)
    {
        _counts[table] = _counts.GetValueOrDefault(table) + count;
        _lines += count;
    }
}
