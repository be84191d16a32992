using System.Net.Sockets;
using Azure.Core;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Hands mails to a mail server, each over a connection of its own.</summary>
/// <remarks>The server's certificate must be good for its name and from an authority that the machine trusts; there is no setting for less.</remarks>
internal sealed class SmtpMailTransport(IOptions<MailOptions> settings, TokenCredential identity) : IMailTransport
{
    /// <summary>How long each answer of the server may take.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    private static readonly string[] OutlookScopes = ["https://outlook.office365.com/.default"];

    private readonly MailOptions _options = settings.Value;

    /// <inheritdoc/>
    public string Destination => $"{_options.SmtpHost}:{_options.SmtpPort}";

    /// <inheritdoc/>
    public async Task SendAsync(string id, string recipient, byte[] content, CancellationToken cancellationToken)
    {
        using var message = await MimeMessage.LoadAsync(new MemoryStream(content, writable: false), cancellationToken);
        using var client = new SmtpClient();
        client.Timeout = (int)AnswerTime.TotalMilliseconds;

        // As HttpClient does: a network that reaches the mail server often does not reach who knows what was revoked
        client.CheckCertificateRevocation = false;
        try
        {
            await ConnectAsync(client, cancellationToken);
            await LogInAsync(client, cancellationToken);
            await client.SendAsync(MailRenderer.Format, message, message.From.Mailboxes.First(), [new MailboxAddress("", recipient)], cancellationToken);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or MailException))
        {
            throw Failed(failure);
        }

        await QuitAsync(client, cancellationToken);
    }

    private async Task ConnectAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        var tls = _options.SmtpTls switch
        {
            SmtpTls.Implicit => SecureSocketOptions.SslOnConnect,
            SmtpTls.None => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        };
        try
        {
            await client.ConnectAsync(_options.SmtpHost!, _options.SmtpPort, tls, cancellationToken);
        }
        catch (NotSupportedException failure)
        {
            throw new MailException(MailFailure.Configuration, "the server does not offer STARTTLS", failure);
        }
        catch (SmtpCommandException failure)
        {
            // Not about this mail: whatever it says passes
            throw new MailException(MailFailure.Transient, $"the server answered {(int)failure.StatusCode} to the connection", failure);
        }
    }

    private async Task LogInAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        if (_options.SmtpUser is not { } user)
        {
            return;
        }

        try
        {
            if (_options.SmtpAuth == SmtpAuth.OAuth2)
            {
                var token = await identity.GetTokenAsync(new TokenRequestContext(OutlookScopes), cancellationToken);
                await client.AuthenticateAsync(new SaslMechanismOAuth2(user, token.Token), cancellationToken);
            }
            else
            {
                await client.AuthenticateAsync(user, _options.SmtpPassword!, cancellationToken);
            }
        }
        catch (NotSupportedException failure)
        {
            throw new MailException(MailFailure.Configuration, "the server has no log-in that fits", failure);
        }
        catch (Azure.Identity.AuthenticationFailedException failure)
        {
            throw new MailException(MailFailure.Configuration, "the identity got no token", failure);
        }
    }

    /// <summary>The mail is handed over already: however the farewell ends, it is not to be sent again.</summary>
    private static async Task QuitAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or SocketException or ProtocolException or CommandException or TimeoutException)
        {
            // The connection ends with the client
        }
    }

    private static MailException Failed(Exception failure) => failure switch
    {
        SmtpCommandException { StatusCode: (SmtpStatusCode)530 or (SmtpStatusCode)535 or (SmtpStatusCode)534 or (SmtpStatusCode)538 } command =>
            new(MailFailure.Configuration, $"the server wants another log-in, {(int)command.StatusCode}", failure),
        SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } command =>
            new(MailFailure.Configuration, $"the sender is refused, {(int)command.StatusCode}", failure),
        SmtpCommandException command => new(
            (int)command.StatusCode >= 500 ? MailFailure.Permanent : MailFailure.Transient,
            command.ErrorCode == SmtpErrorCode.RecipientNotAccepted ? $"the recipient is refused, {(int)command.StatusCode}" : $"the server answered {(int)command.StatusCode}",
            failure),
        ServiceNotAuthenticatedException => new(MailFailure.Configuration, "the server wants a log-in", failure),
        MailKit.Security.AuthenticationException => new(MailFailure.Configuration, "the log-in is refused", failure),
        SslHandshakeException or System.Security.Authentication.AuthenticationException =>
            new(MailFailure.Configuration, "the connection could not be secured: the server's certificate is not trusted, or not for its name", failure),
        SocketException socket => new(MailFailure.Transient, $"no connection, {socket.SocketErrorCode}", failure),
        TimeoutException => new(MailFailure.Transient, "no answer in time", failure),
        IOException or ProtocolException => new(MailFailure.Transient, "the connection broke off", failure),

        // What the server lacks for this mail, such as SMTPUTF8 for its recipient
        NotSupportedException => new(MailFailure.Permanent, "the server cannot carry it", failure),
        _ => new(MailFailure.Transient, failure.GetType().Name, failure),
    };
}
