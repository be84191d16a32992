using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Writes the body of a webhook's request: the same bytes for every attempt.</summary>
internal static class WebhookBody
{
    /// <summary>The most characters of text; Discord takes no more than 2,000.</summary>
    private const int MaxText = 1900;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body of a batch for a webhook.</summary>
    public static byte[] Of(AlertBatch batch, WebhookTarget target, string language)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            Write(json, batch, target, new AlertTexts(language));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, AlertBatch batch, WebhookTarget target, AlertTexts texts)
    {
        switch (target.Shape)
        {
            case WebhookShape.Slack:
                json.WriteString("text", Text(batch, texts, line => line
                    .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)));
                break;
            case WebhookShape.Teams:
                WriteCard(json, batch, texts);
                break;
            case WebhookShape.Discord:
                json.WriteString("content", Text(batch, texts));

                // A key may be called @everyone
                json.WriteStartObject("allowed_mentions");
                json.WriteStartArray("parse");
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case WebhookShape.Telegram:
                json.WriteString("chat_id", target.Chat);
                json.WriteString("text", Text(batch, texts));
                break;
            case WebhookShape.DingTalk:
                json.WriteString("msgtype", "text");
                json.WriteStartObject("text");
                json.WriteString("content", Text(batch, texts));
                json.WriteEndObject();
                break;
            case WebhookShape.Feishu:
                json.WriteString("msg_type", "text");
                json.WriteStartObject("content");

                // In a text of Feishu <at> calls for people
                json.WriteString("text", Text(batch, texts, line => line.Replace('<', '＜').Replace('>', '＞')));
                json.WriteEndObject();
                break;
            default:
                WriteOwn(json, batch, texts);
                break;
        }
    }

    /// <summary>A line for each, as many as there is room for, and how many more there are.</summary>
    private static string Text(AlertBatch batch, AlertTexts texts, Func<string, string>? escape = null)
    {
        var lines = new List<string> { "QuotaFunctions" };
        var length = 0;
        foreach (var notice in batch.Notices)
        {
            var line = $"{texts.Severity(notice)}: {texts.Line(notice)}";
            line = escape?.Invoke(line) ?? line;
            if (length + line.Length > MaxText - 200 && lines.Count > 1)
            {
                break;
            }

            length += line.Length + 1;
            lines.Add(line.Length > MaxText ? line[..MaxText] : line);
        }

        var left = batch.Notices.Count - (lines.Count - 1) + batch.More;
        if (texts.More(batch with { More = left }) is { } more)
        {
            lines.Add(more);
        }

        return string.Join('\n', lines);
    }

    /// <summary>An adaptive card, as workflows of Teams take it.</summary>
    private static void WriteCard(Utf8JsonWriter json, AlertBatch batch, AlertTexts texts)
    {
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        foreach (var line in Text(batch, texts, EscapeMarkdown).Split('\n'))
        {
            json.WriteStartObject();
            json.WriteString("type", "TextBlock");
            json.WriteString("text", line);
            json.WriteBoolean("wrap", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    // A link in a key's name must not be one in the card
    private static string EscapeMarkdown(string line) => line.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static void WriteOwn(Utf8JsonWriter json, AlertBatch batch, AlertTexts texts)
    {
        json.WriteString("event_id", batch.Id);
        json.WriteString("sent_at", Timestamps.ToText(batch.At));
        json.WriteStartArray("events");
        foreach (var notice in batch.Notices)
        {
            var alert = notice.Alert;
            json.WriteStartObject();
            json.WriteString("event", Word(notice.Event));
            json.WriteString("text", texts.Line(notice));
            json.WriteString("id", alert.Id);
            json.WriteString("rule", alert.Rule);
            json.WriteString("subject", alert.Subject);
            json.WriteString("severity", Word(alert.Severity));
            json.WriteString("state", Word(alert.State));
            json.WriteNumber("value", alert.Value);
            json.WriteString("opened_at", Timestamps.ToText(alert.OpenedAt));
            json.WriteString("changed_at", Timestamps.ToText(alert.ChangedAt));
            json.WriteStartObject("data");
            foreach (var (name, value) in alert.Data)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLower(CultureInfo.InvariantCulture);
}
