using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Mailing;

/// <summary>A request to send a mail.</summary>
/// <param name="Id">The mail's id.</param>
/// <param name="Attempt">Attempts that were over when this was asked for. A request is out of date where there have been more since.</param>
internal sealed record MailRequest(string Id, int Attempt);

/// <summary>The queue of such requests.</summary>
internal sealed class MailQueue(QueueServiceClient queues) : JsonQueue<MailRequest>(queues, StorageNames.MailOutboxQueue, MailJson.Default.MailRequest)
{
    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    public static MailRequest Read(string message)
    {
        var request = JsonSerializer.Deserialize(message, MailJson.Default.MailRequest);
        return request is { Id: not null } && MailId.IsValid(request.Id) ? request : throw new JsonException("The message names no mail.");
    }
}

/// <summary>How requests are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MailRequest))]
internal sealed partial class MailJson : JsonSerializerContext;
