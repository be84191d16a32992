using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Transfer;

/// <inheritdoc cref="IExporter"/>
/// <remarks>
/// By the index of keys, some hundred accounts at a time: as all of it goes into the file, all of it is read once, and a request brings a thousand rows.
/// </remarks>
internal sealed class Exporter(TableServiceClient tables, StorageNames names, KeyIndex index, AccountReader reader, TimeProvider clock) : IExporter
{
    /// <summary>How many ranges of accounts are read at once: each takes a few requests to storage, one after the other, and those who charge need it more.</summary>
    private const int RangesAtOnce = 4;

    /// <inheritdoc/>
    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        StoragePatience.Begin();
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
        var options = new ParallelOptions { MaxDegreeOfParallelism = RangesAtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        var accounts = (await index.ReadAsync(cancellationToken)).Select(entry => KeyLocator.AccountOf(entry.Id)).Distinct();
        await Parallel.ForEachAsync(AccountRange.Of(accounts), options, async (range, stop) =>
        {
            using var lines = new AccountLines();
            await reader.ReadAsync(range, lines, stop);
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
