namespace QuotaFunctions.Core.Mailing;

/// <summary>Stands in where no setting says where mails go. They wait for a day.</summary>
internal sealed class MissingMailTransport : IMailTransport
{
    /// <inheritdoc/>
    public string Destination => "nowhere";

    /// <inheritdoc/>
    public Task SendAsync(string id, string recipient, byte[] content, CancellationToken cancellationToken) =>
        throw new MailException(MailFailure.Configuration, "neither SMTP_HOST nor MAIL_PICKUP_DIRECTORY is set");
}
