using Azure.Data.Tables;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Finds the key that a secret belongs to. A locator, never an authority: whether the secret is good is decided by the key's record.</summary>
internal interface IKeyDirectory
{
    /// <summary>Where the key of a secret stands; null where nobody has it.</summary>
    ValueTask<KeyLocator?> FindAsync(KeySecret secret, CancellationToken cancellationToken);

    /// <summary>Enters a secret, which is found from now on.</summary>
    Task AddAsync(KeySecret secret, KeyLocator locator, CancellationToken cancellationToken);

    /// <summary>Deletes the entry of a secret that has ended, by its hash.</summary>
    Task RemoveAsync(string hash, CancellationToken cancellationToken);
}

/// <summary>
/// The directory in Table Storage, with what was read kept in memory: an entry never changes, so it is kept as long as there is room;
/// that there is none is remembered for a moment, so that a client that goes on with a wrong key costs next to nothing.
/// </summary>
internal sealed class KeyDirectory(
    TableServiceClient tables, StorageNames names, TimeProvider clock, ILogger<KeyDirectory> logger) : IKeyDirectory, IDisposable
{
    /// <summary>How long a secret that nobody has is taken for unknown without another look.</summary>
    public static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(2);

    private const int MaxKnown = 100_000;
    private const int MaxUnknown = 10_000;

    private readonly TableClient _table = tables.GetTableClient(names.KeyDirectory);

    // Two, so that made-up secrets drive no real ones out
    private readonly MemoryCache _known = NewCache(MaxKnown, clock);
    private readonly MemoryCache _unknown = NewCache(MaxUnknown, clock);

    public ValueTask<KeyLocator?> FindAsync(KeySecret secret, CancellationToken cancellationToken) =>
        _known.TryGetValue(secret.Hash, out KeyLocator locator) ? new(locator)
            : _unknown.TryGetValue(secret.Hash, out _) ? new((KeyLocator?)null)
            : new(ReadAsync(secret.Hash, cancellationToken));

    public async Task AddAsync(KeySecret secret, KeyLocator locator, CancellationToken cancellationToken)
    {
        var row = new TableEntity(Partition(secret.Hash), secret.Hash) { ["KeyId"] = locator.KeyId };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
        Know(secret.Hash, locator);
    }

    public async Task RemoveAsync(string hash, CancellationToken cancellationToken)
    {
        await _table.DeleteEntityAsync(Partition(hash), hash, cancellationToken: cancellationToken);
        _known.Remove(hash);
    }

    public void Dispose()
    {
        _known.Dispose();
        _unknown.Dispose();
    }

    private static string Partition(string hash) => hash[..2];

    private static MemoryCache NewCache(int size, TimeProvider clock) => new(new MemoryCacheOptions { SizeLimit = size, Clock = new SteadyClock(clock) });

    private async Task<KeyLocator?> ReadAsync(string hash, CancellationToken cancellationToken)
    {
        if (await _table.FindAsync(Partition(hash), hash, select: null, logger, cancellationToken) is not { } row
            || !KeyLocator.TryParse(row.GetString("KeyId"), out var locator))
        {
            _unknown.Set(hash, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = UnknownFor });
            return null;
        }

        Know(hash, locator);
        return locator;
    }

    private void Know(string hash, KeyLocator locator) => _known.Set(hash, locator, new MemoryCacheEntryOptions { Size = 1 });

    /// <summary>Never goes back: a clock that is put right must not make an unknown secret stay unknown.</summary>
    private sealed class SteadyClock(TimeProvider clock) : ISystemClock
    {
        private readonly DateTimeOffset _start = clock.GetUtcNow();
        private readonly long _startedAt = clock.GetTimestamp();

        public DateTimeOffset UtcNow => _start + clock.GetElapsedTime(_startedAt);
    }
}
