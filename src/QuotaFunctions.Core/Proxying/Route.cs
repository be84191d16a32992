using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A provider, and a model of it, that a route leads to.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model that it is asked for; null for the one that the client names.</param>
/// <param name="Weight">Its share among those of its step.</param>
public sealed record RouteTarget(string Provider, string? Model, int Weight);

/// <summary>Where requests go that name certain models.</summary>
public sealed class Route
{
    /// <summary>The least time that all targets together have by default.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(200);

    /// <summary>What it is called in settings.</summary>
    public required string Name { get; init; }

    /// <summary>The models that it is for: names, or patterns with <c>*</c> at the end.</summary>
    [Setting("Routes__<name>__Models", "required", "the models that clients name and the route is for")]
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The targets, step by step: those of one step share the requests, those of the next are for when all of them failed.</summary>
    [Setting("Routes__<name>__To", "required", "where it leads: `openai/gpt-4o, claude/claude-sonnet-4`. More in [proxying.md](proxying.md#routes)")]
    public required IReadOnlyList<IReadOnlyList<RouteTarget>> Steps { get; init; }

    /// <summary>
    /// From sending a request to the headers of the answer, all targets together; null for <see cref="DefaultTimeout"/>, or the longest time-out of
    /// its providers where that is longer.
    /// </summary>
    [Setting(
        "Routes__<name>__TimeoutSeconds",
        "`200`, or the longest of its providers",
        "until the headers of the answer that counts, all attempts together, 1 to 900")]
    public TimeSpan? Timeout { get; init; }

    /// <summary>How well it fits a model: the length of the longest name or pattern that does, a name before any pattern; 0 where none does.</summary>
    internal int Fits(string model)
    {
        var best = 0;
        foreach (var pattern in Models)
        {
            if (Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase))
            {
                best = Math.Max(best, pattern.EndsWith('*') ? pattern.Length : int.MaxValue);
            }
        }

        return best;
    }

    /// <summary>All targets in the order in which a request tries them: step by step, within a step at random by weight.</summary>
    internal IEnumerable<RouteTarget> InTurn(Random random)
    {
        foreach (var step in Steps)
        {
            var left = step.ToList();
            while (left.Count > 0)
            {
                var drawn = left.Count == 1 ? 0 : random.Next(left.Sum(static target => target.Weight));
                var index = 0;
                while (drawn >= left[index].Weight)
                {
                    drawn -= left[index++].Weight;
                }

                yield return left[index];
                left.RemoveAt(index);
            }
        }
    }
}
