using Azure.Core;
using Azure.Core.Pipeline;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Has storage take its time for what a piece of work asks of it: an import, or a reading of everything. Storage itself may take 5 s for a
/// page of rows, which is longer than those who charge can wait for.
/// </summary>
internal sealed class StoragePatience : HttpPipelineSynchronousPolicy
{
    /// <summary>How long each try may take.</summary>
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(30);

    private static readonly AsyncLocal<bool> IsPatient = new();

    private StoragePatience()
    {
    }

    /// <summary>The one policy, for every client.</summary>
    public static StoragePatience Policy { get; } = new();

    /// <summary>From here on, and until the asynchronous method ends that calls it.</summary>
    public static void Begin() => IsPatient.Value = true;

    /// <inheritdoc/>
    public override void OnSendingRequest(HttpMessage message)
    {
        if (IsPatient.Value)
        {
            message.NetworkTimeout = NetworkTimeout;
        }
    }
}
