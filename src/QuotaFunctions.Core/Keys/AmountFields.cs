using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Keys;

/// <summary>Reads amounts of a quota from a request's fields: in what the quota counts in, as clients see it.</summary>
public static class AmountFields
{
    /// <summary>An amount that may not be cleared, in units.</summary>
    /// <param name="fields">The fields.</param>
    /// <param name="name">The field.</param>
    /// <param name="unit">What it is counted in.</param>
    /// <param name="current">What stands where the field is not there, in units.</param>
    public static long Units(this JsonFields fields, string name, QuotaUnit unit, long current)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return ToUnits(fields, name, unit, fields.ExactNumber(name, QuotaAmount.Of(current, unit), QuotaAmount.Fault(unit))) ?? current;
    }

    /// <summary>An amount or nothing, in units.</summary>
    /// <inheritdoc cref="Units"/>
    public static long? UnitsOrNull(this JsonFields fields, string name, QuotaUnit unit, long? current)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return ToUnits(fields, name, unit, fields.ExactNumberOrNull(name, QuotaAmount.Of(current, unit), QuotaAmount.Fault(unit)));
    }

    private static long? ToUnits(JsonFields fields, string name, QuotaUnit unit, decimal? amount)
    {
        if (amount is not { } known)
        {
            return null;
        }

        if (!QuotaAmount.TryParse(known, unit, out var units))
        {
            fields.AddError(name, QuotaAmount.Fault(unit));
        }

        return units;
    }
}
