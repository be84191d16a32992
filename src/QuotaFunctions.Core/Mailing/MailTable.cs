using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Mailing;

/// <summary>The table of mails: a partition for each, with a row that says how it stands and rows with its bytes.</summary>
internal sealed class MailTable(TableServiceClient tables, StorageNames names, ILogger<MailTable> logger)
{
    /// <summary>The most bytes in a row: what one property holds.</summary>
    public const int PartBytes = 64 * 1024;

    private const string Content = nameof(Content);

    private readonly TableClient _table = tables.GetTableClient(names.Mails);

    /// <summary>Writes a new mail, all of it or nothing. False where there is one with its id.</summary>
    public async Task<bool> TryAddAsync(MailHead head, byte[] content, CancellationToken cancellationToken)
    {
        var rows = content.Chunk(PartBytes).Select((part, index) => new TableEntity(head.Id, MailHead.PartKey(head.Id, index)) { [Content] = part })
            .Prepend(head.ToRow())
            .Select(row => new TableTransactionAction(TableTransactionActionType.Add, row));
        try
        {
            await _table.SubmitTransactionAsync(rows, cancellationToken);
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status == 409)
        {
            return false;
        }
    }

    /// <summary>How many rows a mail needs for its bytes.</summary>
    public static int PartsOf(int bytes) => (bytes + PartBytes - 1) / PartBytes;

    /// <summary>How a mail stands; null where there is none with this id.</summary>
    public async Task<MailHead?> FindAsync(string id, CancellationToken cancellationToken) =>
        await _table.FindAsync(id, MailHead.RowKey(id), select: null, logger, cancellationToken) is { } row ? MailHead.Of(row) : null;

    /// <summary>A mail's bytes.</summary>
    public async Task<byte[]> ReadContentAsync(MailHead head, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        for (var index = 0; index < head.Parts; index++)
        {
            var row = await _table.GetEntityAsync<TableEntity>(head.Id, MailHead.PartKey(head.Id, index), cancellationToken: cancellationToken);
            content.Write(row.Value.GetBinary(Content));
        }

        return content.ToArray();
    }

    /// <summary>Notes how a mail stands now. Null where somebody else has meanwhile.</summary>
    public async Task<MailHead?> TryChangeAsync(MailHead head, CancellationToken cancellationToken)
    {
        try
        {
            var written = await _table.UpdateEntityAsync(head.ToRow(), head.Version, TableUpdateMode.Replace, cancellationToken);
            return head with { Version = written.Headers.ETag!.Value };
        }
        catch (RequestFailedException refused) when (refused.Status == 412)
        {
            return null;
        }
    }

    /// <summary>Deletes a mail's bytes. What says how it stands is left, so that it is not sent again.</summary>
    public async Task DeleteContentAsync(MailHead head, CancellationToken cancellationToken)
    {
        for (var index = 0; index < head.Parts; index++)
        {
            await _table.DeleteEntityAsync(head.Id, MailHead.PartKey(head.Id, index), ETag.All, cancellationToken);
        }
    }
}
