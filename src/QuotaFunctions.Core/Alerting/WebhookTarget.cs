using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace QuotaFunctions.Core.Alerting;

/// <summary>What a webhook understands.</summary>
internal enum WebhookShape
{
    /// <summary>JSON of our own.</summary>
    Json,

    /// <summary>Slack, and what understands the same.</summary>
    Slack,

    /// <summary>Microsoft Teams, by a workflow.</summary>
    Teams,

    /// <summary>Discord.</summary>
    Discord,

    /// <summary>A bot of Telegram.</summary>
    Telegram,

    /// <summary>DingTalk.</summary>
    DingTalk,

    /// <summary>Feishu, and Lark.</summary>
    Feishu,
}

/// <summary>A webhook. Its address is a secret: whoever knows it can write there. So nothing but its host is ever printed.</summary>
internal sealed class WebhookTarget
{
    private WebhookTarget(Uri url, WebhookShape shape)
    {
        Url = url;
        Shape = shape;
        Name = "webhook-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)))[..12];
    }

    /// <summary>Its address.</summary>
    public Uri Url { get; }

    /// <summary>What it understands.</summary>
    public WebhookShape Shape { get; }

    /// <summary>What it is called in messages: the same as long as its address is, whatever other addresses there are.</summary>
    public string Name { get; }

    /// <summary>The chat of a bot of Telegram, which its address has to name.</summary>
    public string? Chat => QueryHelpers.ParseQuery(Url.Query) is var query && query.TryGetValue("chat_id", out var chat) ? chat.ToString() : null;

    /// <summary>Reads an address, with the name of a shape and <c>+</c> before it or without.</summary>
    /// <param name="text">Such as <c>slack+https://chat.example.com/hook</c>.</param>
    /// <param name="allowPlain">Whether it may be without TLS.</param>
    /// <param name="target">The webhook.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryParse(string text, bool allowPlain, [NotNullWhen(true)] out WebhookTarget? target, out string fault)
    {
        target = null;
        WebhookShape? named = null;
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        if (plus > 0 && plus < text.IndexOf(':', StringComparison.Ordinal))
        {
            if (!Enum.TryParse<WebhookShape>(text[..plus], ignoreCase: true, out var shape) || !char.IsLetter(text[0]))
            {
                fault = $"before + stands one of {string.Join(", ", Enum.GetNames<WebhookShape>()).ToLowerInvariant()}.";
                return false;
            }

            (named, text) = (shape, text[(plus + 1)..]);
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0)
        {
            fault = "it must be an absolute https address, without a user.";
            return false;
        }

        if (url.Scheme == "http" && !allowPlain)
        {
            fault = "it must begin with https; http is for tests, with ALERT_WEBHOOK_ALLOW_PRIVATE=true.";
            return false;
        }

        var found = new WebhookTarget(url, named ?? ShapeOf(url.IdnHost));
        if (found is { Shape: WebhookShape.Telegram, Chat: null })
        {
            fault = "a bot of Telegram needs the chat: https://api.telegram.org/bot…/sendMessage?chat_id=….";
            return false;
        }

        (target, fault) = (found, "");
        return true;
    }

    /// <summary>Its host, and nothing more.</summary>
    public override string ToString() => Url.IdnHost;

    /// <summary>What is certain by the host alone.</summary>
    private static WebhookShape ShapeOf(string host) => host switch
    {
        "hooks.slack.com" => WebhookShape.Slack,
        "discord.com" or "discordapp.com" => WebhookShape.Discord,
        "api.telegram.org" => WebhookShape.Telegram,
        "oapi.dingtalk.com" => WebhookShape.DingTalk,
        "open.feishu.cn" or "open.larksuite.com" => WebhookShape.Feishu,
        _ when host.EndsWith(".webhook.office.com", StringComparison.Ordinal) => WebhookShape.Teams,
        _ => WebhookShape.Json,
    };
}
