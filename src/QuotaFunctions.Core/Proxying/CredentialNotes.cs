using System.Collections.Concurrent;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A provider that refuses the service's credential.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Status">What it answered last: 401, 402 or 403.</param>
internal sealed record RefusedCredential(string Provider, int Status);

/// <summary>
/// Notes which providers refuse the service's credential, for all instances: a row of the table <c>state</c> for each that does. Only what has changed
/// is written, and else once a minute, as another instance may have heard something else; a provider that nobody calls costs nothing.
/// </summary>
internal sealed partial class CredentialNotes(TableServiceClient tables, StorageNames names, TimeProvider clock, ILogger<CredentialNotes> logger)
{
    /// <summary>How long what was written is trusted.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private const string Partition = "credential";
    private const string Status = "Status";

    private readonly TableClient _state = tables.GetTableClient(names.State);
    private readonly ConcurrentDictionary<string, (bool IsRefused, long At)> _written = new();

    /// <summary>Notes an answer of a provider. The request does not wait for what is written; a failure to write is logged, and the next answer is noted again.</summary>
    /// <param name="provider">The provider; one without a credential cannot refuse it.</param>
    /// <param name="status">The answer's status.</param>
    public Task NoteAsync(Provider provider, int status)
    {
        var isRefused = status is 401 or 402 or 403;
        if (provider.Credential is null
            || (_written.TryGetValue(provider.Name, out var last) && last.IsRefused == isRefused && clock.GetElapsedTime(last.At) < Freshness))
        {
            return Task.CompletedTask;
        }

        _written[provider.Name] = (isRefused, clock.GetTimestamp());
        return WriteAsync(provider.Name, isRefused ? status : null);
    }

    /// <summary>The providers that refuse it.</summary>
    public async Task<IReadOnlyList<RefusedCredential>> ReadRefusedAsync(CancellationToken cancellationToken)
    {
        var refused = new List<RefusedCredential>();
        await foreach (var row in _state.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: cancellationToken))
        {
            refused.Add(new RefusedCredential(row.RowKey, row.GetInt32(Status) ?? 0));
        }

        return refused;
    }

    private async Task WriteAsync(string provider, int? refused)
    {
        try
        {
            await (refused is { } status
                ? _state.UpsertEntityAsync(new TableEntity(Partition, provider) { [Status] = status }, TableUpdateMode.Replace)
                : _state.DeleteEntityAsync(Partition, provider));
        }
#pragma warning disable CA1031 // Nobody waits for it, and the request must not fail of it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _written.TryRemove(provider, out _);
            NotNoted(logger, provider, StorageErrors.Kind(failure));
        }
    }

    [LoggerMessage(1220, LogLevel.Warning, "Whether {Provider} takes the credential could not be noted ({Failure}).")]
    private static partial void NotNoted(ILogger logger, string provider, string failure);
}
