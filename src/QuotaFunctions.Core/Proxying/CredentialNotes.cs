using System.Collections.Concurrent;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What is known of a provider and the service's credential.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Status">What it answered last.</param>
/// <param name="CalledAt">When a client's request was last answered by it, to a few seconds; null where that is not known.</param>
internal sealed record CredentialNote(string Provider, int Status, DateTimeOffset? CalledAt)
{
    /// <summary>True where the provider did not take the credential.</summary>
    public bool IsRefused => CredentialNotes.IsRefusal(Status);
}

/// <summary>
/// Notes whether providers take the service's credential, for all instances: a row of the table <c>state</c> for each that was called. What has
/// changed is written at once, and else every few seconds, as another instance may have heard something else; a provider that nobody calls
/// costs nothing.
/// </summary>
internal sealed partial class CredentialNotes(TableServiceClient tables, StorageNames names, TimeProvider clock, ILogger<CredentialNotes> logger)
{
    /// <summary>How long what was written is trusted.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private const string Partition = "credential";
    private const string Status = "Status";
    private const string CalledAt = "CalledAt";

    private readonly TableClient _state = tables.GetTableClient(names.State);
    private readonly ConcurrentDictionary<string, Answer> _last = new(StringComparer.Ordinal);

    /// <summary>True for an answer that says that the credential is not taken, or not for this: 401, 402, 403.</summary>
    public static bool IsRefusal(int status) => status is 401 or 402 or 403;

    /// <summary>Notes an answer of a provider. The request does not wait for what is written; a failure to write is logged, and the next answer is noted again.</summary>
    /// <param name="provider">The provider; one without a credential cannot refuse it.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="isTraffic">True where a client asked; false for a call of the service's own.</param>
    public Task NoteAsync(Provider provider, int status, bool isTraffic = true)
    {
        if (!provider.HasCredential)
        {
            return Task.CompletedTask;
        }

        var last = _last.GetOrAdd(provider.Name, static _ => new Answer());
        lock (last)
        {
            if (last.Status != 0 && IsRefusal(last.Status) == IsRefusal(status) && clock.GetElapsedTime(last.At) < Freshness)
            {
                return Task.CompletedTask;
            }

            (last.Status, last.IsTraffic, last.At) = (status, isTraffic, clock.GetTimestamp());
            last.Version++;
            if (last.IsBeingWritten)
            {
                // Who is writing goes on with this: of two writes under way at once, the older might arrive last
                return Task.CompletedTask;
            }

            last.IsBeingWritten = true;
        }

        return WriteAsync(provider.Name, last);
    }

    /// <summary>All that was noted: a row for each provider that was ever called.</summary>
    public async Task<IReadOnlyList<CredentialNote>> ReadAsync(CancellationToken cancellationToken)
    {
        var notes = new List<CredentialNote>();
        await foreach (var row in _state.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: cancellationToken))
        {
            notes.Add(new CredentialNote(row.RowKey, row.GetInt32(Status) ?? 0, row.GetDateTimeOffset(CalledAt)));
        }

        return notes;
    }

    private async Task WriteAsync(string provider, Answer last)
    {
        try
        {
            while (true)
            {
                var (status, isTraffic, version) = Peek(last);
                var row = new TableEntity(Partition, provider) { [Status] = status };
                if (isTraffic)
                {
                    row[CalledAt] = clock.GetUtcNow();
                }

                // Merged: a call of the service's own leaves alone when a client called last
                await _state.UpsertEntityAsync(row, TableUpdateMode.Merge);
                if (TryFinish(last, version))
                {
                    return;
                }
            }
        }
#pragma warning disable CA1031 // Nobody waits for it, and the request must not fail of it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            lock (last)
            {
                (last.Status, last.IsBeingWritten) = (0, false);
            }

            NotNoted(logger, provider, StorageErrors.Kind(failure));
        }
    }

    private static (int Status, bool IsTraffic, long Version) Peek(Answer last)
    {
        lock (last)
        {
            return (last.Status, last.IsTraffic, last.Version);
        }
    }

    private static bool TryFinish(Answer last, long written)
    {
        lock (last)
        {
            last.IsBeingWritten = last.Version != written;
            return !last.IsBeingWritten;
        }
    }

    [LoggerMessage(1220, LogLevel.Warning, "Whether {Provider} takes the credential could not be noted ({Failure}).")]
    private static partial void NotNoted(ILogger logger, string provider, string failure);

    /// <summary>The last answer of a provider that is to be noted, or is. Changed under its own lock.</summary>
    private sealed class Answer
    {
        /// <summary>0 where none is.</summary>
        public int Status { get; set; }

        public bool IsTraffic { get; set; }

        public long At { get; set; }

        /// <summary>Goes up with each that is noted.</summary>
        public long Version { get; set; }

        public bool IsBeingWritten { get; set; }
    }
}
