using System.Globalization;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Storage.Queues;

/// <summary>Signs each attempt with the account's key.</summary>
internal sealed class SharedKeyPolicy(StorageSharedKeyCredential credential) : HttpPipelineSynchronousPolicy
{
    // In the order in which they are signed; the empty one is Date, which x-ms-date stands in for.
    private static readonly string[] SignedHeaders =
        ["Content-MD5", "Content-Type", "", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"];

    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", TimeProvider.System.GetUtcNow().ToString("r", CultureInfo.InvariantCulture));

        var text = new StringBuilder(512);
        text.Append(request.Method).Append("\n\n\n");
        if (request.Content is { } content && content.TryComputeLength(out var length) && length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{length}");
        }

        text.Append('\n');
        foreach (var name in SignedHeaders)
        {
            text.Append(name.Length > 0 && request.Headers.TryGetValue(name, out var value) ? value : "").Append('\n');
        }

        AppendHeaders(text, request);
        AppendResource(text, request.Uri.ToUri());
        request.Headers.SetValue("Authorization", $"SharedKey {credential.AccountName}:{credential.Sign(text.ToString())}");
    }

    private static void AppendHeaders(StringBuilder text, Request request)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var header in request.Headers)
        {
            if (header.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            {
                headers[header.Name.ToLowerInvariant()] = header.Value;
            }
        }

        foreach (var (name, value) in headers)
        {
            text.Append(name).Append(':').Append(value).Append('\n');
        }
    }

    private void AppendResource(StringBuilder text, Uri uri)
    {
        text.Append('/').Append(credential.AccountName).Append(uri.AbsolutePath);
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var separator = parameter.IndexOf('=', StringComparison.Ordinal);
            var name = separator < 0 ? parameter : parameter[..separator];
            parameters[Uri.UnescapeDataString(name).ToLowerInvariant()] = separator < 0 ? "" : Uri.UnescapeDataString(parameter[(separator + 1)..]);
        }

        foreach (var (name, value) in parameters)
        {
            text.Append('\n').Append(name).Append(':').Append(value);
        }
    }
}
