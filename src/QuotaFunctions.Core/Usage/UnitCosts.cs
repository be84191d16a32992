using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>What requests cost, by what it is counted in. What is counted in different units is never added up.</summary>
public sealed class UnitCosts
{
    private readonly SortedDictionary<QuotaUnit, long> _units = [];

    /// <summary>What was added, in units: nothing for a unit of which nothing was.</summary>
    public IReadOnlyDictionary<QuotaUnit, long> Units => _units;

    /// <summary>The unit that totals are told in: requests where there are such costs, and where there are none at all.</summary>
    public QuotaUnit Main => _units.Keys.FirstOrDefault();

    /// <summary>What was added of <see cref="Main"/>, in units.</summary>
    public long MainUnits => _units.GetValueOrDefault(Main);

    /// <summary>Adds units, but for 0 of them.</summary>
    public void Add(QuotaUnit unit, long units)
    {
        if (units != 0)
        {
            _units[unit] = _units.GetValueOrDefault(unit) + units;
        }
    }

    /// <summary>Adds others.</summary>
    public void Add(UnitCosts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (unit, units) in other._units)
        {
            Add(unit, units);
        }
    }
}
