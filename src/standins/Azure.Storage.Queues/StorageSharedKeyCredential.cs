using QuotaFunctions.StandIns;

namespace Azure.Storage;

/// <summary>An account's name and key. Its real home is Azure.Storage.Common, which comes with the queue package.</summary>
public class StorageSharedKeyCredential
{
    private readonly AccountKey _key;

    public StorageSharedKeyCredential(string accountName, string accountKey)
    {
        AccountName = accountName;
        _key = new AccountKey(accountKey);
    }

    public string AccountName { get; }

    public void SetAccountKey(string accountKey) => _key.Set(accountKey);

    internal string Sign(string text) => _key.Sign(text);
}
