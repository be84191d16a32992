using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Retention;

/// <summary>A request for the next step of a run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Attempt">How often this step has failed before.</param>
internal sealed record RetentionStep(string Run, int Attempt);

/// <summary>The queue of such requests.</summary>
internal sealed class RetentionQueue(QueueServiceClient queues)
    : JsonQueue<RetentionStep>(queues, StorageNames.RetentionStepsQueue, RetentionJson.Default.RetentionStep)
{
    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    public static RetentionStep Read(string message) =>
        JsonSerializer.Deserialize(message, RetentionJson.Default.RetentionStep) is { Run: not null } step ? step : throw new JsonException("The message names no run.");
}

/// <summary>How requests are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RetentionStep))]
internal sealed partial class RetentionJson : JsonSerializerContext;
