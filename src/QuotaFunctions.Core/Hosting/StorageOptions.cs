using System.Text.RegularExpressions;
using Azure.Core;
using Microsoft.Extensions.Azure;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Where the tables and queues are: a connection string, or an account and an identity.</summary>
[Setting("AzureWebJobsStorage__accountName", "none", "the storage account, with an identity instead of a key")]
public sealed partial class StorageOptions
{
    /// <summary><c>AzureWebJobsStorage</c>: a connection string; null where an identity is used.</summary>
    [Setting(
        "AzureWebJobsStorage",
        "required, or `AzureWebJobsStorage__accountName`",
        "the storage account's connection string; `UseDevelopmentStorage=true` for Azurite on its own ports", IsSecret = true)]
    public string? ConnectionString { get; set; }

    /// <summary><c>AzureWebJobsStorage__tableServiceUri</c>, or what follows from <c>AzureWebJobsStorage__accountName</c>.</summary>
    [Setting("AzureWebJobsStorage__tableServiceUri", "from the account's name", "the address of its tables, where it is another")]
    public Uri? TableServiceUri { get; set; }

    /// <summary><c>AzureWebJobsStorage__queueServiceUri</c>, or what follows from <c>AzureWebJobsStorage__accountName</c>.</summary>
    [Setting("AzureWebJobsStorage__queueServiceUri", "from the account's name", "the address of its queues, where it is another")]
    public Uri? QueueServiceUri { get; set; }

    /// <summary>
    /// <c>AzureWebJobsStorage__credential</c>, <c>__clientId</c> and whatever else names an identity to the Functions host; the platform's
    /// own where they name none. Null where a connection string is used.
    /// </summary>
    [Setting(
        "AzureWebJobsStorage__credential",
        "the platform's own identity",
        "which identity, by the settings that the Functions host reads as well: `managedidentity`, for a user-assigned one with "
        + "`__clientId`; `workloadidentity` with `__tenantId`, `__clientId` and `__tokenFilePath`; `managedidentityasfederatedidentity`; or "
        + "none of these, and `__tenantId`, `__clientId` and `__clientSecret`")]
    public TokenCredential? Credential { get; set; }

    /// <summary><c>TABLE_PREFIX</c>: what the tables' names begin with, letters and digits, a letter first, at most 20. Empty by default.</summary>
    [Setting("TABLE_PREFIX", "empty", "what the tables' names begin with: letters and digits, a letter first, at most 20")]
    public string TablePrefix { get; set; } = "";

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, StorageOptions options, AzureComponentFactory identities)
    {
        options.ConnectionString = settings.Text("AzureWebJobsStorage");
        options.TableServiceUri = settings.Address("AzureWebJobsStorage__tableServiceUri");
        options.QueueServiceUri = settings.Address("AzureWebJobsStorage__queueServiceUri");
        options.TablePrefix = settings.PlainText("TABLE_PREFIX") ?? "";

        if (settings.PlainText("AzureWebJobsStorage__accountName") is { } account)
        {
            if (AccountName().IsMatch(account))
            {
                options.TableServiceUri ??= new Uri($"https://{account}.table.core.windows.net");
                options.QueueServiceUri ??= new Uri($"https://{account}.queue.core.windows.net");
            }
            else
            {
                settings.AddError("AzureWebJobsStorage__accountName", "must be the name of a storage account: 3 to 24 lower-case letters and digits.");
            }
        }
        else if (options.ConnectionString is { } connectionString)
        {
            if (!StorageClients.IsConnectionString(connectionString))
            {
                settings.AddError("AzureWebJobsStorage", "is no storage connection string: copy it from the storage account's access keys, or use UseDevelopmentStorage=true for Azurite.");
            }
        }
        else if (options.TableServiceUri is null && options.QueueServiceUri is null)
        {
            settings.AddError("AzureWebJobsStorage", "is missing: set it to a storage connection string (UseDevelopmentStorage=true for Azurite), or AzureWebJobsStorage__accountName to use a managed identity.");
        }
        else if (options.TableServiceUri is null)
        {
            settings.AddError("AzureWebJobsStorage__tableServiceUri", "is missing: set it, or AzureWebJobsStorage__accountName.");
        }
        else if (options.QueueServiceUri is null)
        {
            settings.AddError("AzureWebJobsStorage__queueServiceUri", "is missing: set it, or AzureWebJobsStorage__accountName.");
        }

        if (options.ConnectionString is null)
        {
            ReadCredential(settings, options, identities);
        }

        if (options.TablePrefix.Length > 0 && !Prefix().IsMatch(options.TablePrefix))
        {
            settings.AddError("TABLE_PREFIX", "must be at most 20 letters and digits and begin with a letter.");
        }
    }

    private static void ReadCredential(SettingReader settings, StorageOptions options, AzureComponentFactory identities)
    {
        const string name = "AzureWebJobsStorage__credential";
        if (settings.PlainText(name)?.ToLowerInvariant() is not (null or "managedidentity" or "workloadidentity" or "managedidentityasfederatedidentity"))
        {
            settings.AddError(name, "must be managedidentity, workloadidentity or managedidentityasfederatedidentity, or be left out for the platform's own identity.");
            return;
        }

        try
        {
            options.Credential = identities.CreateTokenCredential(settings.Section("AzureWebJobsStorage"));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            settings.AddError(name, "does not fit the settings beside it: managedidentity takes one of __clientId, __managedIdentityResourceId and __managedIdentityObjectId at the most; workloadidentity needs __tenantId, __clientId and __tokenFilePath.");
        }
    }

    [GeneratedRegex("^[a-z0-9]{3,24}$")]
    private static partial Regex AccountName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,19}$")]
    private static partial Regex Prefix();
}
