using System.Globalization;
using System.Text;
using MimeKit;
using MimeKit.Text;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Makes of a mail the bytes that are sent. It is done once: every attempt sends the same.</summary>
internal static class MailRenderer
{
    /// <summary>Line ends of SMTP, and plain ASCII, which every server takes.</summary>
    public static readonly FormatOptions Format = MakeFormat();

    /// <summary>Renders a mail.</summary>
    /// <exception cref="ArgumentException">The recipient, a picture's name or a media type is none.</exception>
    public static byte[] Render(Mail mail, MailboxAddress sender)
    {
        if (!MailAddress.TryParse(mail.Recipient, out var recipient))
        {
            throw new ArgumentException("The recipient is no address.", nameof(mail));
        }

        using var message = new MimeMessage();
        message.From.Add(new MailboxAddress(OneLine(sender.Name), sender.Address));
        message.To.Add(new MailboxAddress(OneLine(recipient.Name), recipient.Address));
        message.Subject = OneLine(mail.Subject);
        message.Date = mail.CreatedAt;
        message.MessageId = $"{mail.Id}@{AsciiDomain(sender)}";
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add(HeaderId.ContentLanguage, OneLine(mail.Language));
        if (mail.ListUnsubscribe is { } unsubscribe)
        {
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{unsubscribe.AbsoluteUri}>");
        }

        message.Body = WithAttachments(mail);
        message.Prepare(EncodingConstraint.SevenBit);
        using var bytes = new MemoryStream();
        message.WriteTo(Format, bytes);
        return bytes.ToArray();
    }

    /// <summary>One line of text: whatever would end the line becomes a blank. What follows in the text can never be a header of its own.</summary>
    internal static string OneLine(string? text)
    {
        var line = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                line.Append(' ');
            }
            else
            {
                line.Append(rune);
            }
        }

        return line.ToString().Trim();
    }

    private static MimeEntity WithAttachments(Mail mail)
    {
        if (mail.Attachments.Count == 0)
        {
            return WithImages(mail);
        }

        var mixed = new Multipart("mixed") { WithImages(mail) };
        foreach (var attachment in mail.Attachments)
        {
            mixed.Add(ToPart(attachment));
        }

        return mixed;
    }

    private static MimeEntity WithImages(Mail mail)
    {
        if (mail.Images.Count == 0)
        {
            return Body(mail);
        }

        var related = new MultipartRelated { Body(mail) };
        foreach (var image in mail.Images)
        {
            related.Add(ToPart(image));
        }

        return related;
    }

    private static MimeEntity Body(Mail mail)
    {
        var text = new TextPart(TextFormat.Plain) { Text = mail.Text };
        return mail.Html is null ? text : new MultipartAlternative { text, new TextPart(TextFormat.Html) { Text = mail.Html } };
    }

    private static MimePart ToPart(MailImage image)
    {
        if (!MailId.IsContentId(image.ContentId))
        {
            throw new ArgumentException("A picture's name must consist of letters, digits and . _ - @", nameof(image));
        }

        var part = new MimePart("image", "png")
        {
            Content = Content(image.Png),
            ContentTransferEncoding = ContentEncoding.Base64,
            ContentDisposition = new ContentDisposition(ContentDisposition.Inline),
            ContentId = image.ContentId,
            FileName = $"{image.ContentId.Split('@')[0]}.png",
        };
        part.Headers.Add(HeaderId.ContentDescription, Encoding.UTF8, OneLine(image.Description));
        return part;
    }

    private static MimePart ToPart(MailAttachment attachment)
    {
        if (!ContentType.TryParse(OneLine(attachment.MediaType), out var type) || type.IsMimeType("multipart", "*") || type.IsMimeType("message", "*"))
        {
            throw new ArgumentException("The media type of an attachment is none.", nameof(attachment));
        }

        if (type.IsMimeType("text", "*"))
        {
            type.Charset ??= "utf-8";
        }

        return new MimePart(type)
        {
            Content = Content(attachment.Content),
            ContentTransferEncoding = ContentEncoding.Base64, // other encodings may change the line ends of a text
            ContentDisposition = new ContentDisposition(ContentDisposition.Attachment),
            FileName = OneLine(attachment.Name).Replace('/', '_').Replace('\\', '_'),
        };
    }

    private static MimeContent Content(ReadOnlyMemory<byte> bytes) => new(new MemoryStream(bytes.ToArray(), writable: false));

    private static string AsciiDomain(MailboxAddress sender) => MailboxAddress.EncodeAddrspec($"x@{sender.Domain}")[2..];

    private static FormatOptions MakeFormat()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.International = false;
        return format;
    }
}
