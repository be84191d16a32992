using System.Globalization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// How amounts of a quota are read and shown. Inside, every amount is a whole number of units. Clients see the same number, but for
/// <see cref="QuotaUnit.Usd"/>: there a unit is a micro-dollar, and clients see dollars.
/// </summary>
public static class QuotaAmount
{
    /// <summary>The most decimals of an amount in dollars.</summary>
    public const int MaxDecimals = 6;

    /// <summary>The least amount of dollars above 0.</summary>
    public const double LeastDollars = 0.000001;

    /// <summary>Micro-dollars in a dollar.</summary>
    public const long UnitsPerDollar = 1_000_000;

    /// <summary>Units in 1 of what clients see.</summary>
    public static long UnitsIn(QuotaUnit unit) => unit == QuotaUnit.Usd ? UnitsPerDollar : 1;

    /// <summary>An amount as clients see it, without zeros at its end.</summary>
    /// <param name="units">Units, below 0 for what was given back.</param>
    /// <param name="unit">What they stand for.</param>
    public static decimal Of(long units, QuotaUnit unit) => (decimal)units / UnitsIn(unit);

    /// <inheritdoc cref="Of(long, QuotaUnit)"/>
    public static decimal? Of(long? units, QuotaUnit unit) => units is { } known ? Of(known, unit) : null;

    /// <summary>An amount as clients see it, as text that programs read: <c>1.25</c>.</summary>
    public static string Text(long units, QuotaUnit unit) => Of(units, unit).ToString(CultureInfo.InvariantCulture);

    /// <summary>An amount as clients see it, as text for people: <c>$1.25</c>, or <c>1,000</c> without its unit.</summary>
    public static string Display(decimal amount, QuotaUnit unit) =>
        amount.ToString(unit == QuotaUnit.Usd ? "$#,0.00####;-$#,0.00####" : "#,0.######", CultureInfo.InvariantCulture);

    /// <summary>Turns an amount that a client sent into units.</summary>
    /// <param name="amount">The amount, with as many decimals as the client wrote.</param>
    /// <param name="unit">What it is counted in.</param>
    /// <param name="units">The units.</param>
    /// <returns>False where it has more decimals than the unit, or more units than a 64-bit integer holds.</returns>
    public static bool TryParse(decimal amount, QuotaUnit unit, out long units)
    {
        units = 0;
        if (amount.Scale > DecimalsOf(unit) || Math.Abs(amount) > long.MaxValue / UnitsIn(unit))
        {
            return false;
        }

        units = (long)(amount * UnitsIn(unit));
        return true;
    }

    /// <summary>What is said of an amount that is none in this unit.</summary>
    public static string Fault(QuotaUnit unit) => unit == QuotaUnit.Usd
        ? $"must be a number of US dollars with at most {MaxDecimals} decimals, without an exponent."
        : "must be a whole number.";

    private static int DecimalsOf(QuotaUnit unit) => unit == QuotaUnit.Usd ? MaxDecimals : 0;
}
