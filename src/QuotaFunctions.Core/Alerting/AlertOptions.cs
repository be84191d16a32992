using System.Globalization;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Settings of alerts.</summary>
public sealed class AlertOptions
{
    /// <summary>The default of <see cref="QuotaThresholds"/>, as the setting has it.</summary>
    public const string DefaultThresholds = "50,80,95,100";

    /// <summary>The default of <see cref="FailureRatePercent"/>.</summary>
    public const int DefaultFailureRatePercent = 10;

    /// <summary>The default of <see cref="GroupTime"/>, in seconds.</summary>
    public const int DefaultGroupSeconds = 60;

    /// <summary>The most targets of each kind.</summary>
    public const int MaxTargets = 20;

    /// <summary>The shortest secret, in characters.</summary>
    public const int MinSecretLength = 16;

    /// <summary><c>ALERT_QUOTA_THRESHOLDS</c>: whole percents from 1 to 100, ascending. Default 50, 80, 95 and 100.</summary>
    [Setting(
        "ALERT_QUOTA_THRESHOLDS",
        "`50,80,95,100`",
        "at which whole percents of a quota to tell of it, ascending, 1 to 100: [alerts.md](alerts.md)")]
    public IReadOnlyList<int> QuotaThresholds { get; set; } = [50, 80, 95, 100];

    /// <summary><c>ALERT_FAILURE_RATE_PERCENT</c>: more of the requests of an hour than this must not fail, 0 to 100. Default 10.</summary>
    public int FailureRatePercent { get; set; } = DefaultFailureRatePercent;

    /// <summary><c>ALERT_RECIPIENTS</c>: addresses that alerts go to. Default those of <c>REPORT_RECIPIENTS</c>.</summary>
    [Setting("ALERT_RECIPIENTS", "those of `REPORT_RECIPIENTS`", "addresses that alerts go to, with commas between them, 20 at the most")]
    public IReadOnlyList<string> Recipients { get; set; } = [];

    /// <summary><c>REPORT_LANGUAGE</c>: <c>en</c> or <c>zh</c>. Default en.</summary>
    public string Language { get; set; } = "en";

    /// <summary><c>ALERT_GROUP_SECONDS</c>: what opens within this time goes into one message, 1 to 600 seconds. Default 60.</summary>
    [Setting("ALERT_GROUP_SECONDS", "`60`", "alerts that open within this time go into one message, 1 to 600")]
    public TimeSpan GroupTime { get; set; } = TimeSpan.FromSeconds(DefaultGroupSeconds);

    /// <summary><c>ALERT_WEBHOOK_SECRET</c>: what webhooks are signed with, at least 16 characters. None by default: they are not.</summary>
    [Setting(
        "ALERT_WEBHOOK_SECRET",
        "none",
        "what webhooks are signed with, at least 16 characters; without it they are not signed", IsSecret = true)]
    public string? WebhookSecret { get; set; }

    /// <summary><c>ALERT_WEBHOOK_ALLOW_PRIVATE</c>: whether a webhook may be at a private address, and without TLS. Default false.</summary>
    [Setting("ALERT_WEBHOOK_ALLOW_PRIVATE", "`false`", "`true`: a webhook may be at a private address, and without TLS")]
    public bool AllowPrivate { get; set; }

    /// <summary><c>ALERT_WEBHOOK_URLS</c>: where alerts go besides. None by default.</summary>
    [Setting(
        "ALERT_WEBHOOK_URLS",
        "none",
        "webhooks that alerts go to, with commas between them, 20 at the most: [alerts.md](alerts.md#webhooks)", IsSecret = true)]
    internal IReadOnlyList<WebhookTarget> Webhooks { get; set; } = [];

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, AlertOptions options)
    {
        ReadOfReports(settings, options);
        options.GroupTime = TimeSpan.FromSeconds(settings.Number("ALERT_GROUP_SECONDS", DefaultGroupSeconds, 1, 600));
        options.AllowPrivate = settings.Flag("ALERT_WEBHOOK_ALLOW_PRIVATE", fallback: false);
        ReadThresholds(settings, options);
        ReadRecipients(settings, options);
        ReadWebhooks(settings, options);
        options.WebhookSecret = settings.Text("ALERT_WEBHOOK_SECRET");
        if (options.WebhookSecret is { Length: < MinSecretLength })
        {
            settings.AddError(
                "ALERT_WEBHOOK_SECRET", $"is too short: at least {MinSecretLength} characters, for example the output of `openssl rand -hex 32`.");
        }
    }

    private static void ReadThresholds(SettingReader settings, AlertOptions options)
    {
        const string name = "ALERT_QUOTA_THRESHOLDS";
        var thresholds = new List<int>();
        foreach (var text in List(settings.PlainText(name, DefaultThresholds)))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent is < 1 or > 100 || percent <= thresholds.LastOrDefault())
            {
                settings.AddError(name, $"must be whole percents from 1 to 100, each greater than the one before (default {DefaultThresholds}).");
                return;
            }

            thresholds.Add(percent);
        }

        options.QuotaThresholds = thresholds;
    }

    /// <summary>Reads what reports read as well: they say what is wrong with it.</summary>
    private static void ReadOfReports(SettingReader settings, AlertOptions options)
    {
        options.Language = string.Equals(settings.PlainText("REPORT_LANGUAGE", "en"), "zh", StringComparison.OrdinalIgnoreCase) ? "zh" : "en";
        options.Recipients = [.. List(settings.PlainText("REPORT_RECIPIENTS")).Where(MailAddress.IsValid).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (int.TryParse(settings.PlainText("ALERT_FAILURE_RATE_PERCENT"), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
        {
            options.FailureRatePercent = percent;
        }
    }

    private static void ReadRecipients(SettingReader settings, AlertOptions options)
    {
        const string name = "ALERT_RECIPIENTS";
        var recipients = List(settings.PlainText(name)).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (recipients.Count > MaxTargets || !recipients.TrueForAll(MailAddress.IsValid))
        {
            settings.AddError(name, $"must be at most {MaxTargets} addresses with commas between them, such as ops@example.com,ada@example.com.");
        }
        else if (recipients.Count > 0)
        {
            options.Recipients = recipients;
        }
    }

    private static void ReadWebhooks(SettingReader settings, AlertOptions options)
    {
        const string name = "ALERT_WEBHOOK_URLS";
        var texts = List(settings.Text(name)).Distinct(StringComparer.Ordinal).ToList();
        var targets = new List<WebhookTarget>();
        for (var i = 0; i < texts.Count; i++)
        {
            if (WebhookTarget.TryParse(texts[i], options.AllowPrivate, out var target, out var fault))
            {
                targets.Add(target);
            }
            else
            {
                settings.AddError(name, string.Create(CultureInfo.InvariantCulture, $"has a fault in address {i + 1}: {fault}"));
            }
        }

        if (texts.Count > MaxTargets)
        {
            settings.AddError(name, $"must be at most {MaxTargets} addresses with commas between them.");
        }

        options.Webhooks = targets;
    }

    private static string[] List(string? text) =>
        (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
