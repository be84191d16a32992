using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Extensions.Caching.Memory;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>A day of a key whose counts have changed, or are about to.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Day">The day (UTC), as yyyyMMdd.</param>
/// <param name="Mark">The mark that says so.</param>
internal sealed record ChangedDay(string KeyId, int Day, WorkMark Mark);

/// <summary>Which days of which keys were counted anew: those whose copies in the table <c>usage</c> are old.</summary>
internal sealed class ChangedUsageIndex(TableServiceClient tables, StorageNames names, TimeProvider clock) : IDisposable
{
    /// <summary>How old a mark may be when a count is written.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    private readonly WorkIndex _index = new(tables.GetTableClient(names.State), "usage");
    private readonly MemoryCache _markedAt = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    /// <inheritdoc/>
    public void Dispose() => _markedAt.Dispose();

    /// <summary>
    /// Sees to it that days are listed. Called before they are written, and again when that has landed: where the process was suspended in
    /// between, the mark may be too old.
    /// </summary>
    public Task EnsureAsync(IEnumerable<(string KeyId, int Day)> days, CancellationToken cancellationToken) =>
        Task.WhenAll(days.Select(day => EnsureAsync(string.Create(CultureInfo.InvariantCulture, $"{day.Day:D8}:{day.KeyId}"), cancellationToken)));

    /// <summary>Reads all marks.</summary>
    public async Task<IReadOnlyList<ChangedDay>> ReadAsync(CancellationToken cancellationToken) =>
        [.. (await _index.ReadAsync(cancellationToken)).Select(mark => new ChangedDay(
            mark.Name[9..], int.Parse(mark.Name.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture), mark))];

    /// <summary>Removes the mark of a day that is copied, unless it was made again since it was read.</summary>
    public Task RemoveAsync(ChangedDay changed, CancellationToken cancellationToken) => _index.RemoveAsync(changed.Mark, cancellationToken);

    private async Task EnsureAsync(string name, CancellationToken cancellationToken)
    {
        if (!_markedAt.TryGetValue(name, out long at) || clock.GetElapsedTime(at) >= MaxAge)
        {
            at = clock.GetTimestamp();
            await _index.MarkAsync(name, cancellationToken);
            _markedAt.Set(name, at, new MemoryCacheEntryOptions { Size = 1 });
        }
    }
}
