using System.Collections.Concurrent;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Keys;

/// <summary>Finds the key that a secret belongs to. A locator, never an authority: whether the secret is good is decided by the key's record.</summary>
internal interface IKeyDirectory
{
    /// <summary>Where the key of a secret stands; null where nobody has it.</summary>
    ValueTask<KeyLocator?> FindAsync(KeySecret secret, CancellationToken cancellationToken);

    /// <summary>Enters a secret.</summary>
    Task AddAsync(KeySecret secret, KeyLocator locator, CancellationToken cancellationToken);
}

/// <summary>The directory in Table Storage, with what was found kept in memory: an entry never changes.</summary>
internal sealed class TableKeyDirectory(TableServiceClient tables, StorageNames names) : IKeyDirectory
{
    private const int MaxCached = 100_000;

    private readonly TableClient _table = tables.GetTableClient(names.KeyDirectory);
    private readonly ConcurrentDictionary<string, KeyLocator> _found = new();

    public ValueTask<KeyLocator?> FindAsync(KeySecret secret, CancellationToken cancellationToken) =>
        _found.TryGetValue(secret.Hash, out var locator) ? new(locator) : new(ReadAsync(secret.Hash, cancellationToken));

    public async Task AddAsync(KeySecret secret, KeyLocator locator, CancellationToken cancellationToken)
    {
        var row = new TableEntity(Partition(secret.Hash), secret.Hash) { ["KeyId"] = locator.KeyId };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    private static string Partition(string hash) => hash[..2];

    private async Task<KeyLocator?> ReadAsync(string hash, CancellationToken cancellationToken)
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(Partition(hash), hash, cancellationToken: cancellationToken);
        if (!row.HasValue || !KeyLocator.TryParse(row.Value!.GetString("KeyId"), out var locator))
        {
            return null;
        }

        if (_found.Count >= MaxCached)
        {
            _found.Clear();
        }

        _found[hash] = locator;
        return locator;
    }
}
