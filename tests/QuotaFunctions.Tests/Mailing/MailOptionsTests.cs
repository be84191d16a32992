using Microsoft.Extensions.Configuration;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Tests.Mailing;

public sealed class MailOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var (options, errors) = Read();
        Assert.Empty(errors);
        Assert.Null(options.SmtpHost);
        Assert.Null(options.PickupDirectory);
        Assert.Equal(587, options.SmtpPort);
        Assert.Equal((SmtpTls.StartTls, SmtpAuth.Password), (options.SmtpTls, options.SmtpAuth));
        Assert.True(MailAddress.IsValid(options.From));
    }

    [Theory]
    [InlineData("SMTP_HOST=mail.example.com", "SMTP_FROM=Quotas <quotas@example.com>", "SMTP_USER=u", "SMTP_PASSWORD=p", "SMTP_PORT=465", "SMTP_TLS=Implicit")]
    [InlineData("SMTP_HOST=192.0.2.1", "SMTP_FROM=quotas@example.com", "SMTP_TLS=none", "SMTP_PORT=25")]
    [InlineData("SMTP_HOST=smtp.office365.com", "SMTP_FROM=quotas@example.com", "SMTP_USER=quotas@example.com", "SMTP_AUTH=oauth2")]
    [InlineData("MAIL_PICKUP_DIRECTORY=/tmp/mail")]
    public void Good_settings_are_taken(params string[] settings) => Assert.Empty(Read(settings).Errors);

    [Theory]
    [InlineData("SMTP_HOST must be", "SMTP_HOST=mail.example.com:587", "SMTP_FROM=a@example.com")]
    [InlineData("SMTP_HOST must be", "SMTP_HOST=smtp://mail", "SMTP_FROM=a@example.com")]
    [InlineData("SMTP_FROM is missing", "SMTP_HOST=mail")]
    [InlineData("SMTP_FROM must be one address", "SMTP_FROM=a@example.com, b@example.com")]
    [InlineData("SMTP_FROM must be one address", "SMTP_FROM=quotas")]
    [InlineData("SMTP_FROM must be one address", "SMTP_FROM=a\r\nBcc: b@example.com <a@example.com>")]
    [InlineData("SMTP_PORT must be", "SMTP_PORT=0")]
    [InlineData("SMTP_PORT must be", "SMTP_PORT=65536")]
    [InlineData("SMTP_PASSWORD is missing", "SMTP_USER=u")]
    [InlineData("SMTP_USER is missing", "SMTP_PASSWORD=the-password")]
    [InlineData("SMTP_TLS must be starttls, implicit or none", "SMTP_TLS=ssl")]
    [InlineData("SMTP_TLS must not be none", "SMTP_TLS=none", "SMTP_USER=u", "SMTP_PASSWORD=the-password")]
    [InlineData("SMTP_AUTH must be password or oauth2", "SMTP_AUTH=ntlm")]
    [InlineData("SMTP_USER is missing", "SMTP_AUTH=oauth2")]
    [InlineData("SMTP_PASSWORD is not used", "SMTP_AUTH=oauth2", "SMTP_USER=u", "SMTP_PASSWORD=the-password")]
    [InlineData("SMTP_TLS must not be none", "SMTP_AUTH=oauth2", "SMTP_USER=u", "SMTP_TLS=none")]
    [InlineData("MAIL_PICKUP_DIRECTORY must be", "MAIL_PICKUP_DIRECTORY=mail")]
    public void What_is_wrong_is_told(string says, params string[] settings)
    {
        var line = Assert.Single(Read(settings).Errors);
        Assert.StartsWith(says, line, StringComparison.Ordinal);
        Assert.DoesNotContain("the-password", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_is_never_shown()
    {
        var settings = new SettingReader(Configuration("SMTP_USER=u", "SMTP_PASSWORD=the-password"));
        MailOptions.Read(settings, new MailOptions());
        Assert.DoesNotContain(settings.Values, value => value.Value == "the-password");
    }

    private static (MailOptions Options, IReadOnlyList<string> Errors) Read(params string[] settings)
    {
        var (reader, options) = (new SettingReader(Configuration(settings)), new MailOptions());
        MailOptions.Read(reader, options);
        return (options, reader.Errors);
    }

    private static IConfiguration Configuration(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
        .Build();
}
