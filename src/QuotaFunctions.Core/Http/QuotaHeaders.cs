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
    /// <summary>Units granted in all, or <c>unlimited</c>.</summary>
    public const string Limit = "X-Quota-Limit";

    /// <summary>Units left, or <c>unlimited</c>.</summary>
    public const string Remaining = "X-Quota-Remaining";

    /// <summary>Units that this request was charged with.</summary>
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
    /// <param name="charged">What the request was charged with; null where nothing was to be.</param>
    public static void Write(HttpResponse response, QuotaSnapshot quota, DateTimeOffset now, long? charged = null)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(quota);
        var policy = new StringBuilder("\"quota\";q=").Append(Integer(quota.Limit));
        var state = new StringBuilder("\"quota\";r=").Append(Integer(quota.Remaining));
        if (quota.Unit == QuotaUnit.Tokens)
        {
            policy.Append(";qu=\"tokens\"");
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
        headers[Limit] = quota.Limit?.ToString(CultureInfo.InvariantCulture) ?? Unlimited;
        headers[Remaining] = quota.Remaining?.ToString(CultureInfo.InvariantCulture) ?? Unlimited;
        if (charged is { } units)
        {
            headers[Charged] = units.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static long Integer(long? value) => Math.Clamp(value ?? MaxInteger, 0, MaxInteger);
}
