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
    public ChargeTarget ChargedFor(string? model, HttpMethod method) => new(Provider.Name, model, Address.AbsolutePath, Provider.CostOf(Path, model, method));
}

/// <summary>A change of a body.</summary>
/// <param name="Start">Where the part begins that is replaced, in bytes.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Text">What stands there instead.</param>
internal sealed record BodyEdit(int Start, int Length, ReadOnlyMemory<byte> Text);
