using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimeKit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Mailing;

/// <summary>The service as a process of its own, beside a mail server with a certificate that only this process trusts.</summary>
public sealed class MailTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("mail-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Mails_go_out_by_STARTTLS_with_a_log_in_and_a_server_that_hangs_holds_up_mails_only()
    {
        using var certificate = SelfSigned();
        var trusted = Path.Combine(_root.FullName, "trusted.pem");
        await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem());
        await using var server = SmtpTestServer.Start(new SmtpTestServerOptions { Certificate = certificate, Login = ("quotas", "the-password") });
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["SMTP_HOST"] = "localhost";
        settings["SMTP_PORT"] = server.Port.ToString(CultureInfo.InvariantCulture);
        settings["SMTP_USER"] = "quotas";
        settings["SMTP_PASSWORD"] = "the-password";
        settings["SMTP_FROM"] = "配额 <quotas@example.com>";
        settings["SSL_CERT_FILE"] = trusted;
        await using var app = await AppProcess.StartAsync(settings, output.WriteLine);
        var outbox = Outbox();

        await outbox.EnqueueAsync(Mail("mail-1"), default);
        await Eventually.TrueAsync(() => server.Mails.Count == 1);

        server.Hangs = true;
        await outbox.EnqueueAsync(Mail("mail-2"), default);
        await Eventually.TrueAsync(() => server.Mails.Count == 2);
        var api = new ApiClient(app.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 1);
        using (var granted = await api.ConsumeAsync(key))
        {
            Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
        }

        Assert.Equal(1, (await api.SettledBooksAsync(key, TimeSpan.FromSeconds(10))).Used);
        var mail = server.Mails[0];
        Assert.Equal(("quotas", true), (mail.User, mail.IsSecure));
        Assert.Equal("配额报告", MimeMessage.Load(new MemoryStream(mail.Content.ToArray())).Subject);
        Assert.Contains("Mails go to localhost:", app.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("ops@example.com", app.Log, StringComparison.Ordinal);
    }

    private MailOutbox Outbox()
    {
        var names = new StorageNames(Options.Create(new StorageOptions()));
        var queues = new QueueServiceClient(azurite.ConnectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        return new MailOutbox(
            new MailTable(new TableServiceClient(azurite.ConnectionString), names, NullLogger<MailTable>.Instance), new MailQueue(queues), Options.Create(new MailOptions()));
    }

    private static Mail Mail(string id) => new()
    {
        Id = id, Recipient = "ops@example.com", Subject = "配额报告", Text = "Hello", CreatedAt = new DateTimeOffset(2026, 12, 1, 7, 0, 0, TimeSpan.Zero),
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
