using System.Text;
using MimeKit;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Tests.Mailing;

/// <summary>What is rendered is read back by MimeKit: every part is what was given, and nothing becomes a header that is none.</summary>
public sealed class MailRendererTests
{
    private const string Chinese = "配额使用报告 🔑 2026年12月1日";

    private static readonly MailboxAddress Sender = new("配额服务", "quotas@example.com");
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0xFF, 0x0A];

    [Fact]
    public void Every_part_comes_back_as_it_was()
    {
        var csv = Encoding.UTF8.GetBytes("key,名称\r\nkey_1,\"a\nb\"\n");
        var text = string.Join('\n', Enumerable.Repeat(new string('漢', 500) + " .", 3)) + "\n.\n..\nFrom here\n";
        var mail = Simple() with
        {
            Subject = Chinese,
            Text = text,
            Html = "<p>" + new string('x', 2000) + "</p><img src=\"cid:chart-1\">",
            Images = [new MailImage("chart-1", Png, "失败 3 次")],
            Attachments = [new MailAttachment("报告 2026-12.csv", "text/csv", csv), new MailAttachment("a.bin", "application/octet-stream", Png)],
            Language = "zh",
            ListUnsubscribe = new Uri("mailto:quotas@example.com?subject=unsubscribe%20sub_1"),
        };

        var (bytes, message) = Render(mail);

        Assert.Equal(Chinese, message.Subject);
        Assert.Equal(("配额服务", "quotas@example.com"), (message.From.Mailboxes.Single().Name, message.From.Mailboxes.Single().Address));
        Assert.Equal("ops@example.com", message.To.Mailboxes.Single().Address);
        Assert.Equal(mail.CreatedAt, message.Date);
        Assert.Equal("report.1@example.com", message.MessageId);
        Assert.Equal("auto-generated", message.Headers[HeaderId.AutoSubmitted]);
        Assert.Equal("zh", message.Body!.Headers[HeaderId.ContentLanguage]);
        Assert.Equal("<mailto:quotas@example.com?subject=unsubscribe%20sub_1>", message.Headers[HeaderId.ListUnsubscribe]);

        var mixed = Assert.IsType<Multipart>(message.Body);
        Assert.Equal(["multipart/related", "text/csv", "application/octet-stream"], mixed.Select(part => part.ContentType.MimeType));
        var related = Assert.IsType<MultipartRelated>(mixed[0]);
        Assert.Equal(["multipart/alternative", "image/png"], related.Select(part => part.ContentType.MimeType));
        var alternative = Assert.IsType<MultipartAlternative>(related[0]);
        Assert.Equal(["text/plain", "text/html"], alternative.Select(part => part.ContentType.MimeType));
        Assert.Equal(text, Lines(((TextPart)alternative[0]).Text));
        Assert.Equal(mail.Html, ((TextPart)alternative[1]).Text);

        var image = Assert.IsType<MimePart>(related[1]);
        Assert.Equal(("chart-1", "inline", "失败 3 次"), (image.ContentId, image.ContentDisposition!.Disposition, image.ContentDescription));
        Assert.Equal(Png, Content(image));
        Assert.Equal(("报告 2026-12.csv", "attachment", "utf-8"), (mixed[1].ContentDisposition!.FileName, mixed[1].ContentDisposition!.Disposition, mixed[1].ContentType.Charset));
        Assert.Equal(csv, Content((MimePart)mixed[1]));
        Assert.Equal(Png, Content((MimePart)mixed[2]));

        // As every server takes it: ASCII, lines that are not too long, CRLF only
        var raw = Encoding.ASCII.GetString(bytes);
        Assert.DoesNotContain(bytes, value => value > 127);
        Assert.All(raw.Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        Assert.DoesNotContain('\n', raw.Replace("\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_pictures_and_files_there_is_no_more_than_is_needed()
    {
        Assert.IsType<TextPart>(Render(Simple()).Message.Body);
        Assert.IsType<MultipartAlternative>(Render(Simple() with { Html = "<p>a</p>" }).Message.Body);
    }

    [Theory]
    [InlineData("a\r\nBcc: victim@example.com")]
    [InlineData("a\nBcc: victim@example.com")]
    [InlineData("a\rBcc: victim@example.com")]
    [InlineData("a\r\n\r\nBcc: victim@example.com")]
    [InlineData("a\u2028Bcc: victim@example.com\u0085Bcc: victim@example.com")]
    [InlineData("密钥\r\nBcc: victim@example.com")]
    public void A_line_end_in_a_text_never_becomes_a_header(string text)
    {
        var (bytes, message) = Render(
            Simple() with
            {
                Subject = text,
                Language = text,
                Html = "a",
                Images = [new MailImage("c", Png, text)],
                Attachments = [new MailAttachment(text, "text/csv", Png)],
            },
            new MailboxAddress(text, "quotas@example.com"));

        Assert.Empty(message.Bcc);
        Assert.Equal(["ops@example.com"], message.GetRecipients().Select(recipient => recipient.Address));
        Assert.All(Parts(message.Body!), part => Assert.DoesNotContain(part.Headers, header => header.Field.Equals("Bcc", StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(Encoding.ASCII.GetString(bytes).Split('\r', '\n'), line => line.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("victim@example.com", message.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_without_a_pair_is_no_fault() => Assert.Equal("a\uFFFDb", Render(Simple() with { Subject = "a\uD83Db" }).Message.Subject);

    [Theory]
    [InlineData("ops@example.com", true)]
    [InlineData("Operations <ops@example.com>", true)]
    [InlineData("\"Doe, Jane\" <jane@example.com>", true)]
    [InlineData("运维 <ops@例子.example>", true)]
    [InlineData("ops", false)]
    [InlineData("", false)]
    [InlineData("@example.com", false)]
    [InlineData("ops@", false)]
    [InlineData("a@example.com, b@example.com", false)]
    [InlineData("a@example.com b@example.com", false)]
    [InlineData("team: a@example.com;", false)]
    [InlineData("ops@example.com\r\nBcc: victim@example.com", false)]
    [InlineData("ops@example.com\n", false)]
    [InlineData("ops\u0000@example.com", false)]
    public void One_address_is_an_address(string text, bool isValid)
    {
        Assert.Equal(isValid, MailAddress.IsValid(text));
        if (!isValid)
        {
            Assert.Throws<ArgumentException>(() => MailRenderer.Render(Simple() with { Recipient = text }, Sender));
        }
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a>\r\nX: 1")]
    [InlineData("")]
    public void A_picture_has_a_name_that_HTML_can_call(string name) =>
        Assert.Throws<ArgumentException>(() => MailRenderer.Render(Simple() with { Images = [new MailImage(name, Png, "")] }, Sender));

    [Theory]
    [InlineData("csv")]
    [InlineData("")]
    [InlineData("multipart/mixed")]
    [InlineData("message/rfc822")]
    public void An_attachment_is_a_file(string type) =>
        Assert.Throws<ArgumentException>(() => MailRenderer.Render(Simple() with { Attachments = [new MailAttachment("a", type, Png)] }, Sender));

    private static Mail Simple() => new()
    {
        Id = "report.1", Recipient = "ops@example.com", Subject = "Report", Text = "Hello", CreatedAt = new DateTimeOffset(2026, 12, 1, 7, 30, 0, TimeSpan.FromHours(8)),
    };

    private static (byte[] Bytes, MimeMessage Message) Render(Mail mail, MailboxAddress? sender = null)
    {
        var bytes = MailRenderer.Render(mail, sender ?? Sender);
        return (bytes, MimeMessage.Load(new MemoryStream(bytes)));
    }

    private static IEnumerable<MimeEntity> Parts(MimeEntity entity) => entity is Multipart parts ? parts.SelectMany(Parts).Prepend(entity) : [entity];

    private static byte[] Content(MimePart part)
    {
        using var bytes = new MemoryStream();
        part.Content!.DecodeTo(bytes);
        return bytes.ToArray();
    }

    private static string Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);
}
