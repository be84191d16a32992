using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Transfer;

/// <inheritdoc cref="IExporter"/>
/// <remarks>Account by account, by the index of keys: no table that grows with use is scanned over all accounts.</remarks>
internal sealed class Exporter(TableServiceClient tables, StorageNames names, KeyIndex index, AccountReader reader, TimeProvider clock) : IExporter
{
    /// <summary>How many accounts are read at once: each takes a few requests to storage, one after the other.</summary>
    private const int AccountsAtOnce = 8;

    /// <inheritdoc/>
    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        using var writer = new ExportWriter(output);
        await writer.BeginAsync(
            new ExportHeader
            {
                Format = ExportFormat.Name,
                Version = ExportFormat.Version,
                Id = Guid.NewGuid().ToString("N"),
                ExportedAt = clock.GetUtcNow(),
                Amounts = "whole units as they are stored: requests, tokens, millionths of a US dollar",
            },
            cancellationToken);
        await output.FlushAsync(cancellationToken);

        using var turn = new SemaphoreSlim(1);

        // On the caller's scheduler: a simulation brings one, to decide what comes next.
        var options = new ParallelOptions { MaxDegreeOfParallelism = AccountsAtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync((await index.ReadAsync(cancellationToken)).Select(entry => KeyLocator.AccountOf(entry.Id)).Distinct(), options, async (account, stop) =>
        {
            using var lines = new AccountLines();
            await reader.ReadAsync(account, lines, stop);
            await turn.WaitAsync(stop);
            try
            {
                await writer.WriteAsync(lines, stop);
                await output.FlushAsync(stop);
            }
            finally
            {
                turn.Release();
            }
        });

        await WriteTableAsync(writer, ExportFormat.AdminAudit, names.AdminAudit, cancellationToken);
        await WriteTableAsync(writer, ExportFormat.Subscriptions, names.Subscriptions, cancellationToken);
        await writer.EndAsync(cancellationToken);
    }

    private async Task WriteTableAsync(ExportWriter writer, string table, string name, CancellationToken cancellationToken)
    {
        await foreach (var row in tables.GetTableClient(name).QueryAsync<TableEntity>(cancellationToken: cancellationToken))
        {
            await writer.WriteRowAsync(table, row, cancellationToken);
        }
    }
}
