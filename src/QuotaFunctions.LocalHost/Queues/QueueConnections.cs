using Azure.Identity;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.LocalHost.Queues;

/// <summary>Opens queues by the name of a connection setting, as the Functions host does.</summary>
internal sealed class QueueConnections(IConfiguration configuration)
{
    private const string DefaultConnection = "AzureWebJobsStorage";

    // Messages are decoded here: one that is not Base64 has to reach the poison queue as it is.
    private readonly QueueClientOptions _options = new() { MessageEncoding = QueueMessageEncoding.None };

    /// <summary>
    /// The queue behind a setting that is a connection string, or a section with <c>queueServiceUri</c> or <c>accountName</c>,
    /// for which the process's own identity is used.
    /// </summary>
    public QueueClient Open(string? connection, string queueName, string functionName)
    {
        var name = string.IsNullOrEmpty(connection) ? DefaultConnection : connection;
        foreach (var candidate in new[] { $"AzureWebJobs{name}", $"ConnectionStrings:{name}", name })
        {
            var section = configuration.GetSection(candidate.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal));
            if (!string.IsNullOrEmpty(section.Value))
            {
                return OpenByConnectionString(section.Value, queueName, name);
            }

            if (ServiceUri(section) is { } service)
            {
                return new QueueClient(new Uri($"{service.AbsoluteUri.TrimEnd('/')}/{queueName}"), new DefaultAzureCredential(), _options);
            }
        }

        throw new HostStartException($"function {functionName}: the setting {name} is missing");
    }

    private QueueClient OpenByConnectionString(string connectionString, string queueName, string settingName)
    {
        try
        {
            return new QueueClient(connectionString, queueName, _options);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // The text of it stays out of the message: it holds the account's key.
            throw new HostStartException($"{settingName} is not a storage connection string");
        }
    }

    private static Uri? ServiceUri(IConfigurationSection section) =>
        section["queueServiceUri"] is { Length: > 0 } uri ? new Uri(uri)
        : section["accountName"] is { Length: > 0 } account ? new Uri($"https://{account}.queue.core.windows.net")
        : null;
}
