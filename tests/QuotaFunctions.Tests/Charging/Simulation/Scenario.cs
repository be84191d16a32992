using System.Text;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What somebody does in a scenario.</summary>
internal enum Deed
{
    Consume,
    Poison,
    Forward,
    Report,
    TopUp,
    Reset,
    ChangeQuota,
    ChangeRate,
    ChangeType,
    Switch,
    Revoke,
    ResetPool,
    TopUpPool,
    Sweep,
    TurnClock,
    PassHours,
    Kill,
    Outage,
    Throttle,
}

/// <summary>One step of a scenario. Numbers mean what the deed makes of them.</summary>
/// <param name="Deed">What is done.</param>
/// <param name="Pause">Milliseconds after the step before; it is not waited for the end of that.</param>
/// <param name="Instance">On which instance.</param>
/// <param name="Key">With which key.</param>
/// <param name="Cost">At what cost.</param>
/// <param name="Claim">With which Idempotency-Key; 0 for none.</param>
/// <param name="Variant">In which of its ways.</param>
internal readonly record struct Step(Deed Deed, int Pause, int Instance, int Key, int Cost, int Claim, int Variant);

/// <summary>What happens in a simulated world, from beginning to end. The same scenario always runs the same way.</summary>
/// <param name="Seed">Decides everything that is not said here.</param>
/// <param name="Instances">How many processes there are.</param>
/// <param name="Leases">Whether they take leases.</param>
/// <param name="Quota">Of each key, in units.</param>
/// <param name="Mishaps">How many of 1,000 requests to the storage meet a mishap.</param>
/// <param name="Steps">What is done.</param>
internal sealed record Scenario(int Seed, int Instances, LeaseMode Leases, int Quota, int Mishaps, IReadOnlyList<Step> Steps)
{
    public override string ToString() => new StringBuilder()
        .AppendLine($"Scenario({Seed}, {Instances} instances, leases {Leases}, quota {Quota}, mishaps {Mishaps}/1000, {Steps.Count} steps)")
        .AppendJoin(Environment.NewLine, Steps)
        .ToString();
}
