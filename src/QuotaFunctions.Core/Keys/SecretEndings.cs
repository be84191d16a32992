using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Keys;

/// <summary>Deletes from the directory the secrets that have ended. Meant to be called once an hour.</summary>
public interface ISecretCleaner
{
    /// <summary>Deletes what has ended an hour ago or earlier. What cannot be deleted now is logged, and left for the next time.</summary>
    /// <returns>How many were deleted.</returns>
    Task<int> CleanAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Knows when secrets are due to be deleted: a row for each, by its time, so that nothing is scanned. It only says when to look: whether a
/// secret has ended is decided by its key's record.
/// </summary>
internal sealed partial class SecretEndings(
    TableServiceClient tables, StorageNames names, IAccountStore store, IKeyDirectory directory, TimeProvider clock, ILogger<SecretEndings> logger)
    : ISecretCleaner
{
    private const string Partition = "secret";
    private const string KeyId = "KeyId";

    /// <summary>Clocks differ: a secret is deleted only when it has ended by all of them.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly TableClient _table = tables.GetTableClient(names.State);

    /// <summary>Has a secret looked at when it is due to have ended.</summary>
    public Task AddAsync(string hash, KeyLocator key, DateTimeOffset at, CancellationToken cancellationToken) => _table.UpsertEntityAsync(
        new TableEntity(Partition, $"{Hour(at)}:{hash}") { [KeyId] = key.KeyId }, TableUpdateMode.Replace, cancellationToken);

    /// <inheritdoc/>
    public async Task<int> CleanAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        var due = clock.GetUtcNow() - Grace;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey lt {Hour(due)}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            try
            {
                deleted += await CleanAsync(row, due, cancellationToken) ? 1 : 0;
            }
#pragma warning disable CA1031 // One that cannot be deleted must not keep the others.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                NotDeleted(logger, row.GetString(KeyId), StorageErrors.Kind(failure));
            }
        }

        return deleted;
    }

    private async Task<bool> CleanAsync(TableEntity row, DateTimeOffset due, CancellationToken cancellationToken)
    {
        var hash = row.RowKey[(row.RowKey.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var key = KeyLocator.TryParse(row.GetString(KeyId), out var locator) ? await store.LoadKeyAsync(locator, cancellationToken) : null;
        var live = key?.Secrets.FirstOrDefault(secret => secret.Hash == hash && secret.IsLive(due));
        if (live is null)
        {
            await directory.RemoveAsync(hash, cancellationToken);
        }
        else if (live.ExpiresAt is { } later)
        {
            await AddAsync(hash, locator, later, cancellationToken);
        }

        // One that goes on without an end is entered anew when it is given one
        await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
        return live is null;
    }

    private static string Hour(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMddHH", CultureInfo.InvariantCulture);

    [LoggerMessage(1311, LogLevel.Error, "A secret of {KeyId} that has ended could not be deleted from the directory ({Failure}).")]
    private static partial void NotDeleted(ILogger logger, string? keyId, string failure);
}
