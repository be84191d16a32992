using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Adds books up.</summary>
public interface IBookVerifier
{
    /// <summary>Adds up the books of a key. Null where there is no such key.</summary>
    /// <param name="keyId">The key.</param>
    /// <param name="isDeep">
    /// True to add up every row of the log, which takes the longer the more there are; false to go by the sums of its days.
    /// </param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Hosting.StorageUnavailableException">The books change too fast to be added up: nothing is known of them.</exception>
    Task<Verification?> VerifyAsync(string keyId, bool isDeep, CancellationToken cancellationToken);
}

/// <summary>A key's books, added up. All amounts in units.</summary>
/// <param name="Balanced">The ledger's sum is what is used, and so is the log's with what is not settled yet.</param>
/// <param name="Used">By the key's record.</param>
/// <param name="Ledger">By the ledger.</param>
/// <param name="Audited">By the log: the sums of its days, or its rows.</param>
/// <param name="Unsettled">In the ledger, not yet in the log.</param>
public sealed record Verification(bool Balanced, long Used, long Ledger, long Audited, long Unsettled)
{
    /// <summary>What the units stand for.</summary>
    public QuotaUnit Unit { get; init; }

    /// <summary>These books and those of another key that counts in the same unit, together.</summary>
    public Verification Plus(Verification other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new Verification(
            Balanced && other.Balanced, Used + other.Used, Ledger + other.Ledger, Audited + other.Audited, Unsettled + other.Unsettled) { Unit = Unit };
    }

    /// <summary>Only where every row was added up: the days (UTC) on which the log's rows and the counts differ.</summary>
    public IReadOnlyList<DayDifference> Differences { get; init; } = [];
}

/// <summary>A day on which the log's rows and the counts differ.</summary>
/// <param name="Day">The day (UTC).</param>
/// <param name="CountedUnits">Units by the counts.</param>
/// <param name="LoggedUnits">Units by the rows of the log.</param>
/// <param name="CountedRequests">Requests by the counts.</param>
/// <param name="LoggedRequests">Requests by the rows of the log.</param>
public sealed record DayDifference(DateOnly Day, long CountedUnits, long LoggedUnits, long CountedRequests, long LoggedRequests);
