using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Http;

/// <summary>Why a request was not answered by an upstream.</summary>
/// <param name="Problem">What went wrong.</param>
/// <param name="Detail">What is special about this occurrence; null for the problem's own words.</param>
/// <param name="Errors">What is wrong, by field.</param>
/// <param name="RetryAfter">When it is worth while to ask again; null for what the problem says.</param>
public sealed record Refusal(
    Problem Problem, string? Detail = null, IReadOnlyDictionary<string, string[]>? Errors = null, TimeSpan? RetryAfter = null)
{
    private const string TooManyCalls = "As many calls with this API key are under way as its max_concurrent allows; try again once one has ended.";

    /// <summary>What a client is told of a refused charge.</summary>
    public static Refusal Of(ChargeRefusal refusal, TimeSpan? retryAfter) =>
        new(Problem.For(refusal), refusal == ChargeRefusal.TooManyCalls ? TooManyCalls : null, RetryAfter: retryAfter);

    /// <summary>What a client is told of a cost that is none in what its key counts in.</summary>
    /// <param name="cost">The cost that it gave; null for none.</param>
    /// <param name="unit">What the key counts in.</param>
    public static Refusal OfCost(decimal? cost, QuotaUnit unit) =>
        Invalid("cost", cost is null ? "is required: this API key counts in US dollars." : QuotaAmount.Fault(unit));

    /// <summary>One field is wrong.</summary>
    internal static Refusal Invalid(string field, string message) =>
        new(Problem.InvalidRequest, Errors: new Dictionary<string, string[]> { [field] = [message] });
}

/// <summary>Ends the reading of a request that will not be forwarded, before anything is charged.</summary>
internal sealed class RefusedException(Refusal refusal) : Exception(refusal.Problem.Title)
{
    public RefusedException(Problem problem, string? detail = null)
        : this(new Refusal(problem, detail))
    {
    }

    public Refusal Refusal { get; } = refusal;

    public static RefusedException Invalid(string field, string message) => new(Refusal.Invalid(field, message));
}
