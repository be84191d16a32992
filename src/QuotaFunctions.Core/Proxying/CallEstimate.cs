using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What a call may use by what its request says: what is held for it, and how far its answers are cut where less is left.</summary>
internal sealed record CallEstimate
{
    /// <summary>Tokens that an answer is taken to have at the most where nobody says: neither the request nor the price of its model.</summary>
    public const long DefaultAnswerTokens = 4_096;

    /// <summary>The shortest answer that a call is made for, in tokens. OpenAI's Responses take no lower limit.</summary>
    public const long ShortAnswerTokens = 16;

    // More than any model writes or sends at once: beyond, what a request says is nonsense, and its price must not overflow
    private const long MaxAnswerTokens = 1_000_000;
    private const long MaxAnswers = 1_000;

    // What has no answer in tokens
    private static readonly string[] Wordless = ["/embeddings", "/embed", ":embedContent", ":batchEmbedContents", "/moderations", "/rerank"];

    /// <summary>What costs nothing.</summary>
    public static readonly CallEstimate Free = new() { IsFree = true };

    /// <summary>Tokens that the request itself is taken to have.</summary>
    public long PromptTokens { get; private init; }

    /// <summary>What the model costs; null where it has no price.</summary>
    public ModelPrice? Price { get; private init; }

    /// <summary>The field in which the answers are limited; null where they cannot be.</summary>
    public AnswerLimit? Limit { get; private init; }

    private bool IsFree { get; init; }

    private long AnswerTokens { get; init; }

    private long LeastAnswerTokens { get; init; }

    private long Answers { get; init; }

    /// <summary>Estimates a call.</summary>
    /// <param name="facts">What its body says.</param>
    /// <param name="length">Of the body, in bytes.</param>
    /// <param name="path">As the upstream understands it.</param>
    /// <param name="price">What the model costs; null where it has no price.</param>
    /// <param name="limit">By which field its API limits answers; null where none is known.</param>
    /// <param name="canBeCut">Whether the body is there to be changed, and may be.</param>
    public static CallEstimate Of(RequestMetadata facts, long length, string path, ModelPrice? price, AnswerLimit? limit, bool canBeCut)
    {
        var isWordless = !facts.IsObject || UpstreamPath.EndsInAny(path, Wordless);
        var said = limit is null ? facts.AnswerLimits.Max(static found => (long?)found.Tokens) : limit.In(facts);
        var answer = isWordless ? 0 : Math.Min(said ?? price?.MaxOutputTokens ?? DefaultAnswerTokens, MaxAnswerTokens);
        canBeCut &= limit is not null && facts is { IsObject: true, IsMalformed: false };
        return new CallEstimate
        {
            PromptTokens = Math.Max(1, facts.PromptTokens(length)),
            Price = price,
            Limit = canBeCut ? limit : null,
            AnswerTokens = answer,
            LeastAnswerTokens = canBeCut ? Math.Min(answer, Math.Max(ShortAnswerTokens, facts.ThinkingTokens + 1)) : answer,
            Answers = Math.Min(facts.Responses, MaxAnswers),
        };
    }

    /// <summary>What the call may cost in a unit; null where nobody knows.</summary>
    public CostEstimate? In(QuotaUnit unit) => IsFree ? new CostEstimate(0) : PriceIn(unit) is not { } price ? null : new CostEstimate(
        price.BoundOf(PromptTokens, AnswerTokens * Answers), price.BoundOf(PromptTokens, LeastAnswerTokens * Answers));

    /// <summary>How many tokens each answer may have, so that the call costs no more than was granted; null where that is enough for all it may use.</summary>
    /// <param name="granted">Units.</param>
    /// <param name="unit">What they stand for.</param>
    public long? AnswerTokensWithin(long granted, QuotaUnit unit) =>
        In(unit) is { } cost && granted < cost.Most ? Math.Max(1, PriceIn(unit)!.AnswerWithin(PromptTokens, granted) / Answers) : null;

    private ModelPrice? PriceIn(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Tokens => ModelPrice.OneForEachToken,
        QuotaUnit.Usd => Price,
        _ => null,
    };
}
