using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Microsoft.Extensions.Options;
using MimeKit;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Mailing;

/// <summary>The transport against a real mail server: every way in which it fails is told apart.</summary>
public sealed class SmtpMailTransportTests
{
    private static readonly Mail Mail = new()
    {
        Id = "report.1",
        Recipient = "ops@example.com",
        Subject = "配额报告 🔑",
        Text = "First\n.\n.. two dots\nFrom here\n" + new string('長', 2000),
        Html = "<p>你好</p><img src=\"cid:a\">",
        Images = [new MailImage("a", new byte[] { 0x89, 0x50, 0x0D, 0x0A, 0x00, 0xFF }, "图")],
        Attachments = [new MailAttachment("报告.csv", "text/csv", "a,b\r\n1,2\n"u8.ToArray())],
        CreatedAt = new DateTimeOffset(2026, 12, 1, 7, 0, 0, TimeSpan.Zero),
    };

    private static readonly byte[] Content = MailRenderer.Render(Mail, new MailboxAddress("配额", "quotas@example.com"));

    [Fact]
    public async Task The_server_gets_what_was_rendered_byte_by_byte()
    {
        await using var server = SmtpTestServer.Start();
        await SendAsync(server.Port);

        var mail = Assert.Single(server.Mails);
        Assert.Equal(("quotas@example.com", "ops@example.com"), (mail.From, Assert.Single(mail.To)));

        // This server takes the last line's end for the end of the mail
        Assert.True(Content.AsSpan().SequenceEqual([.. mail.Content.Span, (byte)'\r', (byte)'\n']));
    }

    [Fact]
    public async Task No_server_is_no_connection()
    {
        var failure = await FailsAsync(FreePorts.Take(1)[0]);
        Assert.Equal((MailFailure.Transient, "no connection, ConnectionRefused"), (failure.Failure, failure.Message));
    }

    [Theory]
    [InlineData(450, MailFailure.Transient)]
    [InlineData(452, MailFailure.Transient)]
    [InlineData(550, MailFailure.Permanent)]
    [InlineData(553, MailFailure.Permanent)]
    public async Task A_refused_recipient_is_told_by_its_status_and_not_by_its_name(int status, object failure)
    {
        await using var server = SmtpTestServer.Start();
        server.Refuse("ops@example.com", status);
        var told = await FailsAsync(server.Port);
        Assert.Equal((MailFailure)failure, told.Failure);
        Assert.Contains($"{status}", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_mail_is_tried_again_with_the_same_mail()
    {
        await using var server = SmtpTestServer.Start();
        server.DropNext(1);
        Assert.Equal(MailFailure.Transient, (await FailsAsync(server.Port)).Failure);
        await SendAsync(server.Port);

        Assert.Equal(2, server.Mails.Count);
        var read = server.Mails.Select(mail => MimeMessage.Load(new MemoryStream(mail.Content.ToArray()))).ToList();
        Assert.All(read, message => Assert.Equal(("report.1@example.com", Mail.CreatedAt), (message.MessageId, message.Date)));
    }

    [Fact]
    public async Task A_server_that_keeps_silent_is_given_up_on()
    {
        await using var server = SmtpTestServer.Start();
        server.Hangs = true;
        using var deadline = new CancellationTokenSource();
        var sending = Transport(server.Port).SendAsync(Mail.Id, Mail.Recipient, Content, deadline.Token);
        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        await deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task A_server_without_STARTTLS_gets_no_mail()
    {
        await using var server = SmtpTestServer.Start();
        var failure = await FailsAsync(server.Port, options => options.SmtpTls = SmtpTls.StartTls);
        Assert.Equal((MailFailure.Configuration, "the server does not offer STARTTLS"), (failure.Failure, failure.Message));
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificate_that_nobody_vouches_for_is_refused(bool isImplicit)
    {
        using var certificate = SelfSigned();
        await using var server = SmtpTestServer.Start(new SmtpTestServerOptions { Certificate = certificate, IsImplicit = isImplicit });
        var failure = await FailsAsync(server.Port, options => options.SmtpTls = isImplicit ? SmtpTls.Implicit : SmtpTls.StartTls);
        Assert.Equal(MailFailure.Configuration, failure.Failure);
        Assert.Contains("certificate is not trusted", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Who_logs_in_is_known_and_a_wrong_password_is_a_setting_to_mend()
    {
        await using var server = SmtpTestServer.Start(new SmtpTestServerOptions { Login = ("quotas", "the-password") });
        await SendAsync(server.Port, options => (options.SmtpUser, options.SmtpPassword) = ("quotas", "the-password"));
        Assert.Equal("quotas", Assert.Single(server.Mails).User);

        var wrong = await FailsAsync(server.Port, options => (options.SmtpUser, options.SmtpPassword) = ("quotas", "another"));
        Assert.Equal((MailFailure.Configuration, "the log-in is refused"), (wrong.Failure, wrong.Message));
        Assert.Equal(MailFailure.Configuration, (await FailsAsync(server.Port)).Failure);
    }

    [Fact]
    public async Task XOAUTH2_sends_the_user_with_a_token_of_the_identity()
    {
        using var server = new OAuth2Server("quotas@example.com", "a-token");
        await SendAsync(server.Port, OAuth2);
        Assert.Equal(["https://outlook.office365.com/.default"], Identity.LastScopes!);
        Assert.True(await server.HasMailAsync());
    }

    [Fact]
    public async Task XOAUTH2_that_is_refused_is_a_setting_to_mend()
    {
        using var other = new OAuth2Server("quotas@example.com", "another-token");
        Assert.Equal("the log-in is refused", (await FailsAsync(other.Port, OAuth2)).Message);
        await using var without = SmtpTestServer.Start(new SmtpTestServerOptions { Login = ("quotas", "the-password") });
        Assert.Equal(MailFailure.Configuration, (await FailsAsync(without.Port, OAuth2)).Failure);
        Assert.Equal("the identity got no token", (await FailsAsync(without.Port, OAuth2, new NoIdentity())).Message);
    }

    private static void OAuth2(MailOptions options) => (options.SmtpAuth, options.SmtpUser) = (SmtpAuth.OAuth2, "quotas@example.com");

    private static Task SendAsync(int port, Action<MailOptions>? change = null) =>
        Transport(port, change).SendAsync(Mail.Id, Mail.Recipient, Content, default);

    private static Task<MailException> FailsAsync(int port, Action<MailOptions>? change = null, TokenCredential? identity = null) =>
        Assert.ThrowsAsync<MailException>(() => Transport(port, change, identity).SendAsync(Mail.Id, Mail.Recipient, Content, default));

    private static SmtpMailTransport Transport(int port, Action<MailOptions>? change = null, TokenCredential? identity = null)
    {
        // Without TLS unless a test is about it; the settings would not allow a log-in then
        var options = new MailOptions { SmtpHost = "127.0.0.1", SmtpPort = port, SmtpTls = SmtpTls.None };
        change?.Invoke(options);
        return new SmtpMailTransport(Options.Create(options), identity ?? new Identity());
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Identity : TokenCredential
    {
        public static string[]? LastScopes { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            LastScopes = requestContext.Scopes;
            return new AccessToken("a-token", DateTimeOffset.MaxValue);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    private sealed class NoIdentity : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new Azure.Identity.CredentialUnavailableException("there is none");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
