namespace QuotaFunctions.Core.Proxying;

/// <summary>When a forwarded request costs nothing: which of the upstream's answers, and which failures to get one.</summary>
/// <param name="Statuses">Status codes, each from the first to the last of a range.</param>
/// <param name="Unreachable">The connection was refused, or broke off before the headers.</param>
/// <param name="Timeout">No headers came in time.</param>
public sealed record RefundPolicy(IReadOnlyList<(int First, int Last)> Statuses, bool Unreachable, bool Timeout)
{
    /// <summary>What holds where nothing is configured: 401, 402, 403, 429, 5xx, unreachable and timeout.</summary>
    public static readonly RefundPolicy Default = new([(401, 403), (429, 429), (500, 599)], Unreachable: true, Timeout: true);

    /// <summary>True when an answer with this status is not charged.</summary>
    public bool Covers(int status)
    {
        foreach (var (first, last) in Statuses)
        {
            if (status >= first && status <= last)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a list of status codes (<c>429</c>), classes (<c>5xx</c>), <c>unreachable</c>, <c>timeout</c>, or <c>none</c> alone.</summary>
    public static bool TryParse(IReadOnlyList<string> words, out RefundPolicy policy)
    {
        policy = new RefundPolicy([], Unreachable: false, Timeout: false);
        if (words is [var only] && only.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var statuses = new List<(int, int)>();
        foreach (var word in words)
        {
            switch (word.ToLowerInvariant())
            {
                case "unreachable":
                    policy = policy with { Unreachable = true };
                    break;
                case "timeout":
                    policy = policy with { Timeout = true };
                    break;
                case [>= '1' and <= '5' and var digit, 'x', 'x']:
                    statuses.Add(((digit - '0') * 100, ((digit - '0') * 100) + 99));
                    break;
                case [>= '1' and <= '5' and var a, >= '0' and <= '9' and var b, >= '0' and <= '9' and var c]:
                    var status = ((a - '0') * 100) + ((b - '0') * 10) + (c - '0');
                    statuses.Add((status, status));
                    break;
                default:
                    return false;
            }
        }

        policy = policy with { Statuses = statuses };
        return true;
    }
}
