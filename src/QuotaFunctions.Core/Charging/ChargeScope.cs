using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>Which of the places that a request may go to are open to a key.</summary>
internal static class ChargeScope
{
    /// <summary>Checks provider, model, address, and for dollars the price. Why the key may go to none of the places; null where it may go to one at least.</summary>
    /// <param name="key">The key.</param>
    /// <param name="asked">The request, as it was made.</param>
    /// <param name="open">The request, with those of its places that the key may go to.</param>
    public static ChargeRefusal? Check(KeyState key, ChargeRequest asked, out ChargeRequest open)
    {
        open = asked;
        if (asked.Targets.Count <= 1)
        {
            return QuotaRules.CheckScope(key, asked.Provider, asked.Model, asked.Address, asked.NeedsModel, asked.Alias);
        }

        ChargeRefusal? refusal = null;
        var targets = new List<ChargeTarget>();
        foreach (var target in asked.Targets)
        {
            var isPriced = key.Balance.Unit != QuotaUnit.Usd || target.DollarEstimate is not null;
            if ((QuotaRules.CheckScope(key, target.Provider, target.Model, asked.Address, asked.NeedsModel, asked.Alias)
                ?? (isPriced ? null : ChargeRefusal.ModelNotPriced)) is { } why)
            {
                refusal ??= why;
            }
            else
            {
                targets.Add(target);
            }
        }

        if (targets.Count == 0)
        {
            return refusal;
        }

        open = refusal is null ? asked : asked.GoingTo(targets);
        return null;
    }
}
