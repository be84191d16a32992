using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Http;

/// <summary>
/// How a key's quota stands, as headers of an answer: <c>RateLimit-Policy</c> and <c>RateLimit</c> (the IETF's transaction, structured
/// fields) and <c>X-Quota-…</c>. Described in docs/proxying.md.
/// </summary>
public static class QuotaHeaders
{
    /// <summary>The quota in all, in US dollars where the key counts in them, or <c>unlimited</c>.</summary>
    public const string Limit = "X-Quota-Limit";

    /// <summary>What is left of it, or <c>unlimited</c>.</summary>
    public const string Remaining = "X-Quota-Remaining";

    /// <summary>What this request was charged with.</summary>
    public const string Charged = "X-Quota-Charged";

    /// <summary>Tokens to which each answer of a forwarded call was limited, as no more is left; missing where it was not.</summary>
    public const string MaxTokens = "X-Quota-Max-Tokens";

    private const string Unlimited = "unlimited";

    // The largest integer that a structured field can hold (RFC 9651, 3.3.1), for what has no limit
    private const long MaxInteger = 999_999_999_999_999;

    /// <summary>Whether they were written.</summary>
    public static bool AreIn(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.Headers.ContainsKey(Limit);
    }

    /// <summary>Writes the headers.</summary>
    /// <param name="response">To be sent.</param>
    /// <param name="quota">How the quota stands after the request.</param>
    /// <param name="now">The time.</param>
    /// <param name="charged">What the request was charged with, in units; null where nothing was to be.</param>
    public static void Write(HttpResponse response, QuotaSnapshot quota, DateTimeOffset now, long? charged = null)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(quota);
        var policy = new StringBuilder("\"quota\";q=").Append(Integer(quota.Limit));
        var state = new StringBuilder("\"quota\";r=").Append(Integer(quota.Remaining));
        if (QuotaUnitOf(quota.Unit) is { } quotaUnit)
        {
            policy.Append(CultureInfo.InvariantCulture, $";qu=\"{quotaUnit}\"");
        }

        if (quota.ResetsAt is { } resetsAt)
        {
            state.Append(";t=").Append(Integer((long)Math.Ceiling((resetsAt - now).TotalSeconds)));
        }

        if (quota.RateLimitPerMinute is { } rate)
        {
            policy.Append(CultureInfo.InvariantCulture, $", \"minute\";q={rate};w=60");
            state.Append(CultureInfo.InvariantCulture, $", \"minute\";r={quota.RateRemaining ?? rate};t={Integer((long)quota.RateResetsIn.TotalSeconds)}");
        }

        var headers = response.Headers;
        headers["RateLimit-Policy"] = policy.ToString();
        headers["RateLimit"] = state.ToString();
        headers[Limit] = Text(quota.Limit) ?? Unlimited;
        headers[Remaining] = Text(quota.Remaining) ?? Unlimited;
        if (charged is not null)
        {
            headers[Charged] = Text(charged);
        }

        string? Text(long? units) => units is { } known ? QuotaAmount.Text(known, quota.Unit) : null;
    }

    // The draft's quota unit. Its amounts are integers, so dollars stand there in millionths
    private static string? QuotaUnitOf(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Tokens => "tokens",
        QuotaUnit.Usd => "micro-usd",
        _ => null,
    };

    private static long Integer(long? value) => Math.Clamp(value ?? MaxInteger, 0, MaxInteger);
}
