using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Transfer;

/// <inheritdoc cref="IExporter"/>
/// <remarks>Account after account, by the index of keys: no table that grows with use is scanned over all accounts.</remarks>
internal sealed class Exporter(TableServiceClient tables, StorageNames names, KeyIndex index, AccountReader reader, TimeProvider clock) : IExporter
{
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

        using var lines = new AccountLines();
        foreach (var account in (await index.ReadAsync(cancellationToken)).Select(entry => KeyLocator.AccountOf(entry.Id)).Distinct().Order(StringComparer.Ordinal))
        {
            await reader.ReadAsync(account, lines, cancellationToken);
            await writer.WriteAsync(lines, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }

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
