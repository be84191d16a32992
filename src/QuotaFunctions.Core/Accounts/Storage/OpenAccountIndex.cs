using System.Threading.Channels;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>The accounts that have ledger rows or leases, or are about to: those that the sweeper has to look at.</summary>
internal sealed class OpenAccountIndex(TableServiceClient tables, StorageNames names)
{
    private readonly WorkIndex _index = new(tables.GetTableClient(names.State), "open");
    private readonly Channel<bool> _marked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says that an account is about to be written to: at most a minute before each commit.</summary>
    public async Task MarkAsync(string accountId, CancellationToken cancellationToken)
    {
        await _index.MarkAsync(accountId, cancellationToken);
        _marked.Writer.TryWrite(true);
    }

    /// <summary>Waits until this process has marked an account since the last call.</summary>
    public async Task WaitForMarkAsync(CancellationToken cancellationToken) => await _marked.Reader.ReadAsync(cancellationToken);

    /// <summary>The accounts, each with the mark that it had.</summary>
    public Task<IReadOnlyList<WorkMark>> ReadAsync(CancellationToken cancellationToken) => _index.ReadAsync(cancellationToken);

    /// <summary>Takes an account out that has neither ledger row nor lease, unless it was marked again since it was read.</summary>
    public Task RemoveAsync(WorkMark account, CancellationToken cancellationToken) => _index.RemoveAsync(account, cancellationToken);
}
