using Azure.Data.Tables;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// The lines of some accounts, in a temporary file: they go out only once those of an account are known to belong together, and then account by account,
/// though they come in another order. A file, as the log of one key may be larger than the memory.
/// </summary>
internal sealed class AccountLines : IDisposable
{
    private readonly FileStream _file = TemporaryFile.Create();
    private readonly Dictionary<string, Account> _accounts = [];

    /// <summary>How many lines are rows of which table, account by account.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counts => Closed.SelectMany(account => account.Counts);

    private IEnumerable<Account> Closed => _accounts.Values.Where(account => account.IsClosed);

    /// <summary>Adds a row behind all others of its account.</summary>
    public void Add(string table, TableEntity row)
    {
        var name = RowRules.AccountOf(table, row)!;
        if (!_accounts.TryGetValue(name, out var account))
        {
            _accounts.Add(name, account = new Account());
        }

        var start = _file.Position;
        RowLine.Write(_file, table, row);
        account.Counts[table] = account.Counts.GetValueOrDefault(table) + 1;
        if (account.Spans is [.., var last] && last.End == start)
        {
            account.Spans[^1] = last with { End = _file.Position };
        }
        else
        {
            account.Spans.Add((start, _file.Position));
        }
    }

    /// <summary>Forgets the lines of an account.</summary>
    public void Forget(string account) => _accounts.Remove(account);

    /// <summary>Says that the lines of an account are all there, and belong together. Those of others do not go out.</summary>
    public void Close(string account) => _accounts[account].IsClosed = true;

    /// <summary>Reads the lines, some bytes at a time, which are good until the next are asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        _file.Flush();
        var buffer = new byte[TemporaryFile.BufferSize];
        foreach (var (start, end) in Closed.SelectMany(account => account.Spans))
        {
            for (var at = start; at < end;)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
                yield return buffer.AsMemory(0, read);
                at += read;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private sealed class Account
    {
        public bool IsClosed { get; set; }

        public Dictionary<string, long> Counts { get; } = [];

        public List<(long Start, long End)> Spans { get; } = [];
    }
}
