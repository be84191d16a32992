using System.Globalization;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas;

/// <summary>A charge that was granted: it stands in the ledger.</summary>
public sealed record Charge
{
    /// <summary>Who was charged.</summary>
    public required KeyLocator Key { get; init; }

    /// <summary>Its place in the ledger, and so its id.</summary>
    public required ChargeId Id { get; init; }

    /// <summary>Units taken.</summary>
    public required long Cost { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was asked for.</summary>
    public required ChargeRequest Request { get; init; }

    /// <summary>The unit that the key counts in.</summary>
    public QuotaUnit Unit { get; init; }
}

/// <summary>
/// A charge's place: the commit that took it and its number in it, with the day, so that its row in the log is found without a search.
/// As text: <c>chg_{yyyyMMdd}-{commit}-{number}</c>.
/// </summary>
/// <param name="Day">UTC day of the commit, as yyyyMMdd.</param>
/// <param name="Sequence">The commit's number in its account, from 1.</param>
/// <param name="Index">The charge's number in its commit, from 0.</param>
public readonly record struct ChargeId(int Day, long Sequence, int Index)
{
    private const string Prefix = "chg_";

    /// <inheritdoc/>
    public override string ToString() => string.Create(null, stackalloc char[48], $"{Prefix}{Day}-{Sequence}-{Index}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string? text, out ChargeId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        Span<Range> parts = stackalloc Range[4];
        var rest = text.AsSpan(Prefix.Length);
        if (rest.Split(parts, '-') != 3
            || !int.TryParse(rest[parts[0]], NumberStyles.None, CultureInfo.InvariantCulture, out var day)
            || !long.TryParse(rest[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !int.TryParse(rest[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return false;
        }

        id = new ChargeId(day, sequence, index);
        return id.ToString() == text;
    }
}
