using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Where a request may go.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Address">The address.</param>
/// <param name="Model">The model that is asked for there, where that is not the one that the client names; null for that one.</param>
/// <param name="Edit">What makes the client's body name that model; null where it needs no change.</param>
internal sealed record UpstreamTarget(Provider Provider, Uri Address, string? Model = null, BodyEdit? Edit = null)
{
    /// <summary>The path as the upstream understands it.</summary>
    public string Path { get; } = UpstreamPath.Decode(Address.AbsolutePath);

    /// <summary>What a request is charged that goes here.</summary>
    /// <param name="model">The model that it names here; null where it names none.</param>
    /// <param name="method">Its method.</param>
    /// <param name="estimate">What it may use.</param>
    public ChargeTarget ChargedFor(string? model, HttpMethod method, CallEstimate estimate) =>
        new(Provider.Name, model, Address.AbsolutePath, Provider.CostOf(Path, model, method))
        {
            TokenEstimate = estimate.In(QuotaUnit.Tokens),
            DollarEstimate = estimate.In(QuotaUnit.Usd),
        };

    /// <summary>What a request may use that goes here.</summary>
    /// <param name="facts">What its body says.</param>
    /// <param name="length">Of the body, in bytes.</param>
    /// <param name="model">The model that it names here; null where it names none.</param>
    /// <param name="day">Which day's prices hold.</param>
    /// <param name="canBeCut">Whether the body is there to be changed, and may be.</param>
    public CallEstimate EstimateOf(RequestMetadata facts, long length, string? model, DateOnly day, bool canBeCut) =>
        CallEstimate.Of(facts, length, Path, Provider.PriceOf(model, day), AnswerLimit.For(Path, Provider), canBeCut);
}

/// <summary>A change of a body.</summary>
/// <param name="Start">Where the part begins that is replaced, in bytes.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Text">What stands there instead.</param>
internal sealed record BodyEdit(int Start, int Length, ReadOnlyMemory<byte> Text);
