namespace QuotaFunctions.Core.Mailing;

/// <summary>Brings a mail to where it goes on from.</summary>
internal interface IMailTransport
{
    /// <summary>Where mails go, for the log.</summary>
    string Destination { get; }

    /// <summary>Hands a mail over. Once this returns, somebody else answers for it.</summary>
    /// <param name="id">The mail's id.</param>
    /// <param name="recipient">Whom it goes to: an address without a name.</param>
    /// <param name="content">The mail as it is sent, with its headers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MailException">It was not taken. Whether another attempt may help is in its cause.</exception>
    Task SendAsync(string id, string recipient, byte[] content, CancellationToken cancellationToken);
}

/// <summary>What kind of failure it is that a mail was not taken.</summary>
internal enum MailFailure
{
    /// <summary>It may pass: no connection, no answer in time, a temporary refusal.</summary>
    Transient,

    /// <summary>A setting is wrong, or a right is missing. It passes once somebody mends that.</summary>
    Configuration,

    /// <summary>The server will never take this mail: its recipient or its content is refused.</summary>
    Permanent,
}

/// <summary>A mail was not taken.</summary>
/// <param name="failure">What kind of failure it is.</param>
/// <param name="reason">Why, in a few words, without an address and without what the server says: that may quote the mail.</param>
/// <param name="inner">What was thrown.</param>
internal sealed class MailException(MailFailure failure, string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>What kind of failure it is.</summary>
    public MailFailure Failure { get; } = failure;
}
