using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Mailing;

/// <summary>How the connection to the mail server is protected.</summary>
public enum SmtpTls
{
    /// <summary>By STARTTLS. A server that does not offer it gets no mail.</summary>
    StartTls,

    /// <summary>From the first byte, as on port 465.</summary>
    Implicit,

    /// <summary>Not at all: for a server on the same machine or network only.</summary>
    None,
}

/// <summary>How the service logs in at the mail server.</summary>
public enum SmtpAuth
{
    /// <summary>With a password, where there is a user; else not at all.</summary>
    Password,

    /// <summary>By XOAUTH2, with a token of the identity that storage is reached with.</summary>
    OAuth2,
}

/// <summary>Settings of mail.</summary>
public sealed class MailOptions
{
    /// <summary>The default of <see cref="SmtpPort"/>: submission.</summary>
    public const int DefaultSmtpPort = 587;

    /// <summary>Where mails come from that go into a directory, unless <c>SMTP_FROM</c> says so.</summary>
    public const string DefaultFrom = "QuotaFunctions <quota-functions@localhost>";

    /// <summary><c>SMTP_HOST</c>: the mail server. None by default: mails go to the pickup directory.</summary>
    [Setting("SMTP_HOST", "none", "the mail server; without it mails go into `MAIL_PICKUP_DIRECTORY`. See [mail.md](mail.md)")]
    public string? SmtpHost { get; set; }

    /// <summary><c>SMTP_PORT</c>: its port, 1 to 65535. Default 587.</summary>
    [Setting("SMTP_PORT", "`587`", "the mail server's port")]
    public int SmtpPort { get; set; } = DefaultSmtpPort;

    /// <summary><c>SMTP_USER</c>: who logs in. None by default: nobody.</summary>
    [Setting("SMTP_USER", "none", "who logs in at the mail server")]
    public string? SmtpUser { get; set; }

    /// <summary><c>SMTP_PASSWORD</c>: their password.</summary>
    [Setting("SMTP_PASSWORD", "none", "their password", IsSecret = true)]
    public string? SmtpPassword { get; set; }

    /// <summary><c>SMTP_FROM</c>: the address that mails come from, with a name or without. Required with <c>SMTP_HOST</c>.</summary>
    [Setting("SMTP_FROM", "required with `SMTP_HOST`", "the address that mails come from, with a name or without: `Quotas <quotas@example.com>`")]
    public string From { get; set; } = DefaultFrom;

    /// <summary><c>SMTP_TLS</c>: starttls, implicit or none. Default starttls.</summary>
    [Setting(
        "SMTP_TLS",
        "`starttls`",
        "`starttls`: a server that does not offer it gets no mail; `implicit`: TLS from the first byte, as on port 465; `none`: only without"
        + " a log-in")]
    public SmtpTls SmtpTls { get; set; } = SmtpTls.StartTls;

    /// <summary><c>SMTP_AUTH</c>: password or oauth2. Default password.</summary>
    [Setting(
        "SMTP_AUTH",
        "`password`",
        "`oauth2`: XOAUTH2 as `SMTP_USER`, with a token of the identity that storage is reached with, for Microsoft 365")]
    public SmtpAuth SmtpAuth { get; set; } = SmtpAuth.Password;

    /// <summary><c>MAIL_PICKUP_DIRECTORY</c>: the directory where mails are left as files, unless there is a mail server. None by default.</summary>
    [Setting(
        "MAIL_PICKUP_DIRECTORY",
        "none; `scripts/start.sh` sets it",
        "the full path of a directory where mails are left as `.eml` files, where there is no `SMTP_HOST`. With neither, no mail is sent")]
    public string? PickupDirectory { get; set; }

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, MailOptions options)
    {
        options.SmtpHost = settings.PlainText("SMTP_HOST");
        options.SmtpPort = (int)settings.Number("SMTP_PORT", DefaultSmtpPort, 1, 65535);
        options.SmtpUser = settings.PlainText("SMTP_USER");
        options.SmtpPassword = settings.Text("SMTP_PASSWORD");
        options.PickupDirectory = settings.PlainText("MAIL_PICKUP_DIRECTORY");
        ReadFrom(settings, options);

        switch (settings.PlainText("SMTP_TLS", "starttls")!.ToLowerInvariant())
        {
            case "starttls":
                options.SmtpTls = SmtpTls.StartTls;
                break;
            case "implicit":
                options.SmtpTls = SmtpTls.Implicit;
                break;
            case "none":
                options.SmtpTls = SmtpTls.None;
                break;
            default:
                settings.AddError("SMTP_TLS", "must be starttls, implicit or none (default starttls).");
                break;
        }

        switch (settings.PlainText("SMTP_AUTH", "password")!.ToLowerInvariant())
        {
            case "password":
                options.SmtpAuth = SmtpAuth.Password;
                CheckPassword(settings, options);
                break;
            case "oauth2":
                options.SmtpAuth = SmtpAuth.OAuth2;
                CheckOAuth2(settings, options);
                break;
            default:
                settings.AddError("SMTP_AUTH", "must be password or oauth2 (default password).");
                break;
        }

        if (options.SmtpHost is { } host && Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            settings.AddError("SMTP_HOST", "must be the name or the address of a mail server, without a port: that is SMTP_PORT.");
        }

        if (options.PickupDirectory is { } directory && !Path.IsPathFullyQualified(directory))
        {
            settings.AddError("MAIL_PICKUP_DIRECTORY", "must be a full path, such as /var/mail/pickup.");
        }
    }

    private static void ReadFrom(SettingReader settings, MailOptions options)
    {
        if (settings.PlainText("SMTP_FROM") is not { } from)
        {
            if (options.SmtpHost is not null)
            {
                settings.AddError("SMTP_FROM", "is missing: set it to the address that mails come from, such as Quotas <quotas@example.com>.");
            }
        }
        else if (MailAddress.IsValid(from))
        {
            options.From = from;
        }
        else
        {
            settings.AddError("SMTP_FROM", "must be one address, with a name or without, such as Quotas <quotas@example.com>.");
        }
    }

    private static void CheckPassword(SettingReader settings, MailOptions options)
    {
        if (options.SmtpUser is not null && options.SmtpPassword is null)
        {
            settings.AddError("SMTP_PASSWORD", "is missing: SMTP_USER logs in with it. Set it, or take SMTP_USER away.");
        }
        else if (options.SmtpUser is null && options.SmtpPassword is not null)
        {
            settings.AddError("SMTP_USER", "is missing: SMTP_PASSWORD is somebody's. Set it, or take SMTP_PASSWORD away.");
        }

        if (options.SmtpUser is not null && options.SmtpTls == SmtpTls.None)
        {
            settings.AddError("SMTP_TLS", "must not be none where SMTP_USER logs in: the password would go unprotected.");
        }
    }

    private static void CheckOAuth2(SettingReader settings, MailOptions options)
    {
        if (options.SmtpUser is null)
        {
            settings.AddError("SMTP_USER", "is missing: with SMTP_AUTH=oauth2 set it to the address of the mailbox that sends.");
        }

        if (options.SmtpPassword is not null)
        {
            settings.AddError("SMTP_PASSWORD", "is not used with SMTP_AUTH=oauth2: take it away.");
        }

        if (options.SmtpTls == SmtpTls.None)
        {
            settings.AddError("SMTP_TLS", "must not be none with SMTP_AUTH=oauth2: the token would go unprotected.");
        }
    }
}
