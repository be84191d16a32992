using System.Globalization;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>What the clients' own books and the subject's come to, held against each other.</summary>
/// <param name="Kills">How many processes were killed.</param>
/// <param name="Unanswered">How often no answer came.</param>
/// <param name="Granted">How many requests were told yes.</param>
/// <param name="Found">How many requests were told nothing, and are found to be charged.</param>
/// <param name="Quota">How many may be charged.</param>
/// <param name="Lost">Charges that took quota, and whose request was told no, or of which there is no entry.</param>
/// <param name="Double">Requests that were charged more than once.</param>
/// <param name="Forgotten">Requests that were told yes, and of which the books know nothing.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record Outcome(int Kills, long Unanswered, long Granted, long Found, long Quota, long Lost, long Double, long Forgotten, TimeSpan Elapsed)
{
    /// <summary>The head of the table.</summary>
    public const string Header =
        """
        | what | kills | unanswered | granted | found | quota | overshoot | lost | double | forgotten | s |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        """;

    /// <summary>How many were granted that the quota does not cover.</summary>
    public long Overshoot => Math.Max(0, Granted + Found - Quota);

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsRight => (Overshoot, Lost, Double, Forgotten) is (0, 0, 0, 0);

    /// <summary>Its line in the table.</summary>
    public string ToLine(string name) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {Kills:N0} | {Unanswered:N0} | {Granted:N0} | {Found:N0} | {Quota:N0} | {Overshoot:N0} | {Lost:N0} | {Double:N0} | {Forgotten:N0} | {Elapsed.TotalSeconds:N0} |");

    /// <summary>Compares the books.</summary>
    public static Outcome Of(int kills, long quota, Crowd crowd, Books books, TimeSpan elapsed)
    {
        var (granted, open) = (crowd.Granted, crowd.Open);
        var outcome = new Outcome(kills, crowd.Unanswered, granted.Count, 0, quota, 0, 0, 0, elapsed);
        if (books.Charges is not { } charges)
        {
            // Only the sum is known: what it exceeds the granted by may be those who were told nothing; beyond that it is lost.
            var more = books.Used - granted.Count;
            var found = Math.Clamp(more, 0, open.Count);
            return outcome with { Found = found, Lost = Math.Max(0, more - found), Forgotten = Math.Max(0, -more) };
        }

        // What is used without an entry nobody was told of; an entry for which nothing is used is one that the quota does not know
        var unexplained = books.Used - charges.Count;
        var charged = charges.CountBy(request => request).ToDictionary();
        return outcome with
        {
            Found = open.Count(charged.ContainsKey),
            Lost = charges.Count(request => !granted.Contains(request) && !open.Contains(request)) + Math.Max(0, unexplained),
            Double = charged.Count(request => request.Value > 1),
            Forgotten = granted.Count(request => !charged.ContainsKey(request)) + Math.Max(0, -unexplained),
        };
    }
}
