using System.Globalization;
using System.Text;
using System.Xml;
using Azure.Core;
using Azure.Storage.Queues.Models;

namespace Azure.Storage.Queues;

/// <summary>A message as the service writes it.</summary>
internal sealed class MessageXml
{
    private static readonly XmlWriterSettings Writing = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) };
    private static readonly XmlReaderSettings Reading = new() { IgnoreComments = true };

    private string _id;
    private string _popReceipt;
    private string _text;
    private DateTimeOffset _inserted;
    private DateTimeOffset _expires;
    private DateTimeOffset _nextVisible;
    private long _dequeueCount;

    public static void SetBody(Request request, BinaryData message, QueueMessageEncoding encoding)
    {
        var text = encoding == QueueMessageEncoding.Base64 ? Convert.ToBase64String(message.ToMemory().Span) : message.ToString();
        using var body = new MemoryStream(text.Length + 128);
        using (var writer = XmlWriter.Create(body, Writing))
        {
            writer.WriteStartElement("QueueMessage");
            writer.WriteElementString("MessageText", text);
            writer.WriteEndElement();
        }

        request.Headers.Add("Content-Type", "application/xml");
        request.Content = RequestContent.Create(body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    public static List<MessageXml> Read(Response response)
    {
        var messages = new List<MessageXml>();
        using var reader = XmlReader.Create(response.Content.ToStream(), Reading);
        MessageXml message = null;
        reader.Read();
        while (!reader.EOF)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                reader.Read();
            }
            else if (reader.Name == "QueueMessage")
            {
                messages.Add(message = new MessageXml());
                reader.Read();
            }
            else if (message is null || !message.Take(reader.Name, reader))
            {
                reader.Read();
            }
        }

        return messages;
    }

    public SendReceipt ToSendReceipt() => new(_id, _popReceipt, _inserted, _expires, _nextVisible);

    public QueueMessage ToQueueMessage(QueueMessageEncoding encoding)
        => new(_id, _popReceipt, Body(encoding), _dequeueCount, _inserted, _expires, _nextVisible);

    public PeekedMessage ToPeekedMessage(QueueMessageEncoding encoding) => new(_id, Body(encoding), _dequeueCount, _inserted, _expires);

    private static DateTimeOffset Moment(string text)
        => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private BinaryData Body(QueueMessageEncoding encoding) => encoding == QueueMessageEncoding.Base64
        ? BinaryData.FromBytes(Convert.FromBase64String(_text ?? ""))
        : BinaryData.FromString(_text ?? "");

    /// <summary>Takes the element in and moves past it; false for one that is of no interest.</summary>
    private bool Take(string element, XmlReader reader)
    {
        switch (element)
        {
            case "MessageId":
                _id = reader.ReadElementContentAsString();
                break;
            case "PopReceipt":
                _popReceipt = reader.ReadElementContentAsString();
                break;
            case "MessageText":
                _text = reader.ReadElementContentAsString();
                break;
            case "DequeueCount":
                _dequeueCount = long.Parse(reader.ReadElementContentAsString(), CultureInfo.InvariantCulture);
                break;
            case "InsertionTime":
                _inserted = Moment(reader.ReadElementContentAsString());
                break;
            case "ExpirationTime":
                _expires = Moment(reader.ReadElementContentAsString());
                break;
            case "TimeNextVisible":
                _nextVisible = Moment(reader.ReadElementContentAsString());
                break;
            default:
                return false;
        }

        return true;
    }
}
