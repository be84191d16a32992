using Azure.Data.Tables;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// The lines of one account, in a temporary file: they go out only once they are known to belong together. A file, as the log of one key may be
/// larger than the memory.
/// </summary>
internal sealed class AccountLines : IDisposable
{
    private readonly FileStream _file = TemporaryFile.Create();
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
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        _file.Position = 0;
        var buffer = new byte[TemporaryFile.BufferSize];
        while (_file.Read(buffer) is > 0 and var read)
        {
            yield return buffer.AsMemory(0, read);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
