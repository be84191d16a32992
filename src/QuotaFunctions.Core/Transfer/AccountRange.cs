using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Transfer;

/// <summary>Accounts that are read together, as that takes no more requests than one of them: keys of their own, one behind the other, or one pool.</summary>
/// <param name="First">The first account.</param>
/// <param name="Last">The last one.</param>
internal sealed record AccountRange(string First, string Last)
{
    /// <summary>
    /// Accounts in a range. Fewer would be more requests; with more, it would be longer from the first look at an account to the last, and more often
    /// something would have been compacted in between.
    /// </summary>
    private const int MaxAccounts = 250;

    /// <summary>True for a pool.</summary>
    public bool IsPool => KeyLocator.IsPoolId(First);

    /// <summary>Filter of the table of accounts.</summary>
    public string Accounts => First == Last
        ? TableClient.CreateQueryFilter($"PartitionKey eq {First}")
        : TableClient.CreateQueryFilter($"PartitionKey ge {First} and PartitionKey le {Last}");

    /// <summary>Filters of the log.</summary>
    public IReadOnlyList<string> Logs => IsPool
        ? [AuditTable.Between(First, Last), AuditTable.OfKeysIn(First)]
        : [AuditTable.Between(First, Last)];

    /// <summary>A single account.</summary>
    public static AccountRange Of(string account) => new(account, account);

    /// <summary>All accounts. A range ends where a pool is next: the logs of its keys lie there.</summary>
    public static IEnumerable<AccountRange> Of(IEnumerable<string> accounts)
    {
        var keys = new List<string>();
        foreach (var account in accounts.OrderBy(account => account[(account.IndexOf('_', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal))
        {
            var isPool = KeyLocator.IsPoolId(account);
            if (keys.Count == MaxAccounts || (isPool && keys.Count > 0))
            {
                yield return new AccountRange(keys[0], keys[^1]);
                keys.Clear();
            }

            if (isPool)
            {
                yield return Of(account);
            }
            else
            {
                keys.Add(account);
            }
        }

        if (keys.Count > 0)
        {
            yield return new AccountRange(keys[0], keys[^1]);
        }
    }
}
