using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Transfer;

/// <summary>The record of a key with an account of its own, and the leases that were out as of it.</summary>
/// <param name="row">The key's row, which is always of one moment, however often it is written.</param>
internal sealed class KeyRecord(TableEntity row)
{
    private readonly LedgerHead _head = AccountEntity.ToHead(row);
    private readonly List<LeaseState> _leases = [];

    /// <summary>True where no lease is missing that was out as of the record: what the record has set aside is what they have.</summary>
    public bool HasAllLeases => AccountEntity.ToKey(row).Balance.Leased == _leases.Sum(lease => lease.Allotment);

    /// <summary>Adds a lease that was read after the record. One that began after it is none of its own.</summary>
    public void Add(LeaseState lease)
    {
        if (lease.FirstSequence <= _head.Sequence)
        {
            _leases.Add(lease);
        }
    }

    /// <summary>True where a commit of the ledger is in the record's sums.</summary>
    public bool Covers(long sequence) => AccountSnapshot.Covers(_head, _leases, sequence);

    /// <summary>The key's row, what its leases have spent added to what is used.</summary>
    public IEnumerable<TableEntity> ToRows()
    {
        AccountEntity.EndLeases(row, _leases);
        return [row];
    }
}
