namespace QuotaFunctions.Core.Mailing;

/// <summary>Takes mails and has each of them sent, now or as soon as the mail server takes it.</summary>
public interface IMailOutbox
{
    /// <summary>The largest mail, in bytes as it is sent. Tables take no more at once.</summary>
    const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>The address that mails come from, without a name.</summary>
    string SenderAddress { get; }

    /// <summary>
    /// Stores a mail and asks for it to be sent. With an id that is there already nothing changes: the first mail stays as it was, and is
    /// asked for again where it has not been sent yet. So whoever does not know whether this was done just does it again.
    /// </summary>
    /// <param name="mail">The mail.</param>
    /// <param name="cancellationToken">Gives up; do it again then.</param>
    /// <exception cref="ArgumentException">The id, the recipient, a picture's name or a media type is none, or the mail is larger than <see cref="MaxBytes"/>.</exception>
    Task EnqueueAsync(Mail mail, CancellationToken cancellationToken);
}
