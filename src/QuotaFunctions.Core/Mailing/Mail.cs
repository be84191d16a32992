namespace QuotaFunctions.Core.Mailing;

/// <summary>A mail to one recipient: where several get the same, each gets one of their own, so that one who is refused holds up nobody.</summary>
public sealed record Mail
{
    /// <summary>
    /// The mail's id, which the caller makes up and which says the same mail again: 1 to 200 letters, digits and <c>. _ -</c>, a letter or
    /// digit first. It is in the log and in the <c>Message-ID</c>, so nothing secret and no address is in it.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The one address that it goes to, such as <c>ops@example.com</c> or <c>Operations &lt;ops@example.com&gt;</c>.</summary>
    public required string Recipient { get; init; }

    /// <summary>The subject. Line ends and other control characters in it become blanks.</summary>
    public required string Subject { get; init; }

    /// <summary>The text, for whoever does not see HTML.</summary>
    public required string Text { get; init; }

    /// <summary>The same as HTML; null where there is none.</summary>
    public string? Html { get; init; }

    /// <summary>The pictures that the HTML shows by <c>cid:</c>.</summary>
    public IReadOnlyList<MailImage> Images { get; init; } = [];

    /// <summary>What is attached.</summary>
    public IReadOnlyList<MailAttachment> Attachments { get; init; } = [];

    /// <summary>The language that it is written in, such as <c>en</c> or <c>zh</c>.</summary>
    public string Language { get; init; } = "en";

    /// <summary>How to get no more of these, a <c>mailto:</c> or <c>https:</c> address; null where that does not apply.</summary>
    public Uri? ListUnsubscribe { get; init; }

    /// <summary>When it was written: its date, which no later attempt changes.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A picture within a mail.</summary>
/// <param name="ContentId">What the HTML calls it: <c>cid:</c> and this. Letters, digits and <c>. _ - @</c>.</param>
/// <param name="Png">The PNG file.</param>
/// <param name="Description">What it shows, for whoever does not see it.</param>
public sealed record MailImage(string ContentId, ReadOnlyMemory<byte> Png, string Description);

/// <summary>A file that comes with a mail.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="MediaType">What it is, such as <c>text/csv</c>. Text is UTF-8.</param>
/// <param name="Content">The file.</param>
public sealed record MailAttachment(string Name, string MediaType, ReadOnlyMemory<byte> Content);
