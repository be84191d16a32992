using Azure.Data.Tables;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// The lines of one account, in a temporary file: they go out only once they are known to belong together. A file, as the log of one key may be
/// larger than the memory.
/// </summary>
internal sealed class AccountLines : IAsyncDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly FileStream _file = new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize, FileOptions.DeleteOnClose);
    private readonly Dictionary<string, long> _counts = [];

    /// <summary>How many lines are rows of which table.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>Adds a row.</summary>
    public void Add(string table, TableEntity row)
    {
        RowLine.Write(_file, table, row);
        _counts[table] = _counts.GetValueOrDefault(table) + 1;
    }

    /// <summary>Forgets all lines.</summary>
    public void Clear()
    {
        _file.SetLength(0);
        _counts.Clear();
    }

    /// <summary>Reads all lines, some bytes at a time, which are good until the next are asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _file.Position = 0;
        var buffer = new byte[BufferSize];
        while (await _file.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            yield return buffer.AsMemory(0, read);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
