using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A key's books, added up.</summary>
/// <param name="Balanced">The ledger's sum is what is used, and so is the log's with what is not settled yet.</param>
/// <param name="Unit">What amounts are counted in.</param>
/// <param name="Used">By the key's record.</param>
/// <param name="Ledger">By the ledger.</param>
/// <param name="Audited">By the log.</param>
/// <param name="Unsettled">In the ledger, not yet in the log.</param>
/// <param name="Differences">The days on which the rows of the log and the counts differ; only with deep=true, and only where there are any.</param>
internal sealed record VerificationResponse(
    [property: Example(true)] bool Balanced,
    [property: EnumDataType(typeof(QuotaUnit))] string Unit,
    [property: Example(151)] decimal Used,
    [property: Example(151)] decimal Ledger,
    [property: Example(150)] decimal Audited,
    [property: Example(1)] decimal Unsettled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DayDifferenceResponse>? Differences)
{
    public static VerificationResponse Of(Verification books) => new(
        books.Balanced,
        EnumNames.Of(books.Unit),
        QuotaAmount.Of(books.Used, books.Unit),
        QuotaAmount.Of(books.Ledger, books.Unit),
        QuotaAmount.Of(books.Audited, books.Unit),
        QuotaAmount.Of(books.Unsettled, books.Unit),
        books.Differences.Count == 0 ? null : [.. books.Differences.Select(day => DayDifferenceResponse.Of(day, books.Unit))]);
}

/// <summary>A key's books, or those of all keys together.</summary>
/// <param name="Key">The key; absent in the totals.</param>
/// <param name="Balanced">The ledger's sum is what is used, and so is the log's with what is not settled yet; in the totals: of every key.</param>
/// <param name="Unit">What amounts are counted in; in the totals requests, where there are such keys.</param>
/// <param name="Used">By the key's record.</param>
/// <param name="Ledger">By the ledger.</param>
/// <param name="Audited">By the log.</param>
/// <param name="Unsettled">In the ledger, not yet in the log.</param>
/// <param name="Others">In the totals: the sums of the keys that count in something else; absent where there are none.</param>
/// <param name="Error">Why the books are not known; absent where they are.</param>
internal sealed record VerifiedKeyResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("key_0123456789abcdefghij")] string? Key,
    [property: Example(true)] bool Balanced,
    [property: EnumDataType(typeof(QuotaUnit))] string Unit,
    [property: Example(151)] decimal Used,
    [property: Example(151)] decimal Ledger,
    [property: Example(150)] decimal Audited,
    [property: Example(1)] decimal Unsettled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<UnitBooksResponse>? Others,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error)
{
    /// <summary>A key's line. One whose books cannot be read is not balanced, and nothing of it is known.</summary>
    public static VerifiedKeyResponse Of(string key, Verification? books, string? error = null) =>
        Of(key, books?.Balanced == true, UnitBooksResponse.Of(books ?? new Verification(Balanced: false, 0, 0, 0, 0)), others: null, error);

    /// <summary>The totals.</summary>
    /// <param name="balanced">Whether every key is balanced.</param>
    /// <param name="units">The sums of each unit, in the order of the units.</param>
    public static VerifiedKeyResponse OfTotals(bool balanced, IReadOnlyList<UnitBooksResponse> units) =>
        Of(key: null, balanced, units[0], units.Count > 1 ? [.. units.Skip(1)] : null, error: null);

    private static VerifiedKeyResponse Of(string? key, bool balanced, UnitBooksResponse sums, IReadOnlyList<UnitBooksResponse>? others, string? error) =>
        new(key, balanced, sums.Unit, sums.Used, sums.Ledger, sums.Audited, sums.Unsettled, others, error);
}

/// <summary>The books of keys that count in one unit, together.</summary>
/// <param name="Unit">What amounts are counted in.</param>
/// <param name="Used">By the keys' records.</param>
/// <param name="Ledger">By the ledgers.</param>
/// <param name="Audited">By the logs.</param>
/// <param name="Unsettled">In the ledgers, not yet in the logs.</param>
internal sealed record UnitBooksResponse(
    [property: EnumDataType(typeof(QuotaUnit)), Example("usd")] string Unit,
    [property: Example(1.25)] decimal Used,
    [property: Example(1.25)] decimal Ledger,
    [property: Example(1.25)] decimal Audited,
    decimal Unsettled)
{
    public static UnitBooksResponse Of(Verification books) => new(
        EnumNames.Of(books.Unit),
        QuotaAmount.Of(books.Used, books.Unit),
        QuotaAmount.Of(books.Ledger, books.Unit),
        QuotaAmount.Of(books.Audited, books.Unit),
        QuotaAmount.Of(books.Unsettled, books.Unit));
}

/// <summary>A day on which the rows of the log and the counts differ.</summary>
/// <param name="Day">The day (UTC).</param>
/// <param name="CountedUnits">What was used by the counts.</param>
/// <param name="LoggedUnits">What was used by the rows of the log.</param>
/// <param name="CountedRequests">Requests by the counts.</param>
/// <param name="LoggedRequests">Requests by the rows of the log.</param>
internal sealed record DayDifferenceResponse(DateOnly Day, decimal CountedUnits, decimal LoggedUnits, long CountedRequests, long LoggedRequests)
{
    public static DayDifferenceResponse Of(DayDifference day, QuotaUnit unit) =>
        new(day.Day, QuotaAmount.Of(day.CountedUnits, unit), QuotaAmount.Of(day.LoggedUnits, unit), day.CountedRequests, day.LoggedRequests);
}
