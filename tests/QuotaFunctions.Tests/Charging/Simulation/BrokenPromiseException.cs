namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>A promise was broken.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message)
{
    /// <summary>Throws it unless the promise holds.</summary>
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(otherwise);
        }
    }
}
