using Azure.Storage.Queues;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.LocalHost.Queues;

/// <summary>Opens queues by the name of a connection setting, as the Functions host does.</summary>
internal sealed class QueueConnections(IConfiguration configuration, AzureComponentFactory identities)
{
    private const string DefaultConnection = "AzureWebJobsStorage";

    // Messages are decoded here: one that is not Base64 has to reach the poison queue as it is.
    private readonly QueueClientOptions _options = new() { MessageEncoding = QueueMessageEncoding.None };

    /// <summary>
    /// The queue behind a setting that is a connection string, or a section with <c>queueServiceUri</c> or <c>accountName</c> and
    /// the identity to use there.
    /// </summary>
    public QueueClient Open(string? connection, string queueName, string functionName)
    {
        var name = string.IsNullOrEmpty(connection) ? DefaultConnection : connection;
        foreach (var candidate in new[] { $"AzureWebJobs{name}", $"ConnectionStrings:{name}", name })
        {
            var section = configuration.GetSection(candidate.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal));
            if (Open(section, name) is { } service)
            {
                return service.GetQueueClient(queueName);
            }
        }

        throw new HostStartException($"function {functionName}: the setting {name} is missing");
    }

    private QueueServiceClient? Open(IConfigurationSection section, string settingName)
    {
        try
        {
            return section.Value is { Length: > 0 } connectionString ? new QueueServiceClient(connectionString, _options)
                : ServiceUri(section) is { } service ? new QueueServiceClient(new Uri(service), identities.CreateTokenCredential(section), _options)
                : null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // The text of it stays out of the message: it may hold the account's key.
            throw new HostStartException($"{settingName} is neither a storage connection string nor a storage account with an identity");
        }
    }

    private static string? ServiceUri(IConfigurationSection section) =>
        section["queueServiceUri"] is { Length: > 0 } uri ? uri
        : section["accountName"] is { Length: > 0 } account ? $"https://{account}.queue.core.windows.net"
        : null;
}
