using Microsoft.Extensions.Options;
using MimeKit;

namespace QuotaFunctions.Core.Mailing;

/// <inheritdoc cref="IMailOutbox"/>
/// <remarks>
/// The row first, then the message. A process that dies in between leaves a row without a message: the caller, who does not know that it was
/// done, does it again, and finds the row.
/// </remarks>
internal sealed class MailOutbox : IMailOutbox
{
    private readonly MailTable _table;
    private readonly MailQueue _queue;
    private readonly MailboxAddress _sender;

    public MailOutbox(MailTable table, MailQueue queue, IOptions<MailOptions> options)
    {
        _table = table;
        _queue = queue;
        _sender = MailAddress.TryParse(options.Value.From, out var sender) ? sender : throw new ArgumentException("The sender is no address.", nameof(options));
    }

    /// <inheritdoc/>
    public string SenderAddress => _sender.Address;

    /// <inheritdoc/>
    public async Task EnqueueAsync(Mail mail, CancellationToken cancellationToken)
    {
        if (!MailId.IsValid(mail.Id))
        {
            throw new ArgumentException("The mail's id is none.", nameof(mail));
        }

        var head = await _table.FindAsync(mail.Id, cancellationToken) ?? await AddAsync(mail, cancellationToken);
        if (head.State == MailState.Queued)
        {
            await _queue.SendAsync(new MailRequest(mail.Id, head.Attempts), TimeSpan.Zero, cancellationToken);
        }
    }

    /// <summary>Writes a mail. Returns the one that is there then: somebody else may have written it at the same time.</summary>
    private async Task<MailHead> AddAsync(Mail mail, CancellationToken cancellationToken)
    {
        var content = MailRenderer.Render(mail, _sender);
        if (content.Length > IMailOutbox.MaxBytes)
        {
            throw new ArgumentException($"The mail is larger than {IMailOutbox.MaxBytes} bytes.", nameof(mail));
        }

        _ = MailAddress.TryParse(mail.Recipient, out var recipient);
        var head = new MailHead
        {
            Id = mail.Id,
            Recipient = recipient!.Address,
            Subject = MailRenderer.OneLine(mail.Subject),
            Parts = MailTable.PartsOf(content.Length),
        };
        return await _table.TryAddAsync(head, content, cancellationToken) ? head : await _table.FindAsync(mail.Id, cancellationToken) ?? head;
    }
}
