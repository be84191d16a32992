using System.Globalization;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Reads <c>{"odata.error":{"code":…,"message":{"value":…}}}</c>.</summary>
internal sealed class TableErrorParser : RequestFailedDetailsParser
{
    /// <summary>The key under which an exception's data hold the index of the action that failed.</summary>
    public const string FailedEntity = "FailedEntity";

    public static TableErrorParser Instance { get; } = new();

    public override bool TryParse(Response response, out ResponseError error, out IDictionary<string, string> data)
    {
        error = null;
        data = null;
        var content = response.Content.ToMemory();
        if (content.IsEmpty)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(content);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("odata.error", out var details))
            {
                return false;
            }

            var code = details.TryGetProperty("code", out var value) ? value.GetString() : null;
            var message = details.TryGetProperty("message", out value) && value.TryGetProperty("value", out value) ? value.GetString() : null;
            error = new ResponseError(code, message);
            data = new Dictionary<string, string>();
            if (message?.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
                && int.TryParse(message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                data[FailedEntity] = index.ToString(CultureInfo.InvariantCulture);
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // an error page of something in between; its status is all there is
        }
    }
}
