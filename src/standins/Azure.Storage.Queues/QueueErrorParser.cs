using System.Xml;
using System.Xml.Linq;
using Azure.Core;

namespace Azure.Storage.Queues;

/// <summary>Reads <c>&lt;Error&gt;&lt;Code&gt;…&lt;/Code&gt;&lt;Message&gt;…&lt;/Message&gt;&lt;/Error&gt;</c>, or the code's header where there is no body.</summary>
internal sealed class QueueErrorParser : RequestFailedDetailsParser
{
    public const string CodeHeader = "x-ms-error-code";

    public override bool TryParse(Response response, out ResponseError error, out IDictionary<string, string> data)
    {
        data = new Dictionary<string, string>();
        error = ParseBody(response) ?? (response.Headers.TryGetValue(CodeHeader, out var code) ? new ResponseError(code, null) : null);
        return error != null;
    }

    private static ResponseError ParseBody(Response response)
    {
        var content = response.Content.ToMemory();
        if (content.IsEmpty || response.Headers.ContentType?.Contains("application/xml", StringComparison.Ordinal) != true)
        {
            return null;
        }

        try
        {
            using var stream = new MemoryStream(content.ToArray(), writable: false);
            var root = XDocument.Load(stream).Root;
            return root?.Element("Code") is { } code ? new ResponseError(code.Value, root.Element("Message")?.Value) : null;
        }
        catch (XmlException)
        {
            return null; // an error page of something in between; its status is all there is
        }
    }
}
