using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Makes the storage clients: the one place that knows how patient the service is with storage.</summary>
internal static class StorageClients
{
    public static TableServiceClient Tables(StorageOptions options)
    {
        var client = ConfigureRetries(new TableClientOptions());
        return options.Credential is { } credential
            ? new TableServiceClient(options.TableServiceUri, credential, client)
            : new TableServiceClient(options.ConnectionString, client);
    }

    /// <param name="options">Where they are.</param>
    /// <param name="encoding">Base64 is what the queue trigger expects.</param>
    public static QueueServiceClient Queues(StorageOptions options, QueueMessageEncoding encoding = QueueMessageEncoding.Base64)
    {
        var client = ConfigureRetries(new QueueClientOptions { MessageEncoding = encoding });
        return options.Credential is { } credential
            ? new QueueServiceClient(options.QueueServiceUri, credential, client)
            : new QueueServiceClient(options.ConnectionString, client);
    }

    public static bool IsConnectionString(string text)
    {
        try
        {
            _ = new TableServiceClient(text);
            _ = new QueueServiceClient(text);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    // Short, as a caller waits (who does not, says so: StoragePatience). With all its tries a call that hangs is given up after 8 s, so that the answer is out within 10
    private static TOptions ConfigureRetries<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        // Every charge passes here: what the engine does is measured and logged by the engine, at a fraction of the cost
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(100);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(500);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(2.5);
        options.AddPolicy(StoragePatience.Policy, HttpPipelinePosition.PerCall);
        return options;
    }
}
