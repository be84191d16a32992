using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Where the tables and queues are: a connection string, or an account and a managed identity.</summary>
public sealed partial class StorageOptions
{
    /// <summary><c>AzureWebJobsStorage</c>: a connection string; null where a managed identity is used.</summary>
    public string? ConnectionString { get; set; }

    /// <summary><c>AzureWebJobsStorage__tableServiceUri</c>, or what follows from <c>AzureWebJobsStorage__accountName</c>.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary><c>AzureWebJobsStorage__queueServiceUri</c>, or what follows from <c>AzureWebJobsStorage__accountName</c>.</summary>
    public Uri? QueueServiceUri { get; set; }

    /// <summary><c>AzureWebJobsStorage__clientId</c>: the user-assigned identity to use; null for the machine's own.</summary>
    public string? ClientId { get; set; }

    /// <summary><c>TABLE_PREFIX</c>: what the tables' names begin with, letters and digits, a letter first, at most 20. Empty by default.</summary>
    public string TablePrefix { get; set; } = "";

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, StorageOptions options)
    {
        options.ConnectionString = settings.Text("AzureWebJobsStorage");
        options.TableServiceUri = settings.Address("AzureWebJobsStorage__tableServiceUri");
        options.QueueServiceUri = settings.Address("AzureWebJobsStorage__queueServiceUri");
        options.ClientId = settings.Text("AzureWebJobsStorage__clientId");
        options.TablePrefix = settings.Text("TABLE_PREFIX") ?? "";

        if (settings.Text("AzureWebJobsStorage__accountName") is { } account)
        {
            if (AccountName().IsMatch(account))
            {
                options.TableServiceUri ??= new Uri($"https://{account}.table.core.windows.net");
                options.QueueServiceUri ??= new Uri($"https://{account}.queue.core.windows.net");
            }
            else
            {
                settings.Fault("AzureWebJobsStorage__accountName", "must be the name of a storage account: 3 to 24 lower-case letters and digits.");
            }
        }
        else if (options.ConnectionString is { } connectionString)
        {
            if (!StorageClients.IsConnectionString(connectionString))
            {
                settings.Fault("AzureWebJobsStorage", "is no storage connection string: copy it from the storage account's access keys, or use UseDevelopmentStorage=true for Azurite.");
            }
        }
        else if (options.TableServiceUri is null && options.QueueServiceUri is null)
        {
            settings.Fault("AzureWebJobsStorage", "is missing: set it to a storage connection string (UseDevelopmentStorage=true for Azurite), or AzureWebJobsStorage__accountName to use a managed identity.");
        }
        else if (options.TableServiceUri is null)
        {
            settings.Fault("AzureWebJobsStorage__tableServiceUri", "is missing: set it, or AzureWebJobsStorage__accountName.");
        }
        else if (options.QueueServiceUri is null)
        {
            settings.Fault("AzureWebJobsStorage__queueServiceUri", "is missing: set it, or AzureWebJobsStorage__accountName.");
        }

        if (options.TablePrefix.Length > 0 && !Prefix().IsMatch(options.TablePrefix))
        {
            settings.Fault("TABLE_PREFIX", "must be at most 20 letters and digits and begin with a letter.");
        }
    }

    [GeneratedRegex("^[a-z0-9]{3,24}$")]
    private static partial Regex AccountName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,19}$")]
    private static partial Regex Prefix();
}
