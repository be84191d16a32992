using Azure.Core;

namespace Azure.Storage.Queues;

/// <summary>Retries what Azure.Core retries, and what storage says has only failed for the moment.</summary>
internal sealed class QueueResponseClassifier : ResponseClassifier
{
    public override bool IsRetriableResponse(HttpMessage message)
        => base.IsRetriableResponse(message)
            || (message.Response.Status >= 400
                && message.Response.Headers.TryGetValue(QueueErrorParser.CodeHeader, out var code)
                && code is "InternalError" or "OperationTimedOut" or "ServerBusy");
}
