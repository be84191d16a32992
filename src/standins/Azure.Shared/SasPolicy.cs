using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace QuotaFunctions.StandIns;

/// <summary>Appends the shared access signature to each attempt, so that a renewed one counts from the next retry on.</summary>
internal sealed class SasPolicy(AzureSasCredential credential) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var uri = message.Request.Uri;
        string unsigned;
        if (message.TryGetProperty(typeof(SasPolicy), out var saved))
        {
            unsigned = (string)saved;
        }
        else
        {
            unsigned = uri.Query;
            message.SetProperty(typeof(SasPolicy), unsigned);
        }

        var signature = credential.Signature.TrimStart('?');
        uri.Query = string.IsNullOrEmpty(unsigned) ? $"?{signature}" : $"{unsigned}&{signature}";
    }
}
