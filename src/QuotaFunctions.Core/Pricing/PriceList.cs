using System.Text.Json;

namespace QuotaFunctions.Core.Pricing;

/// <summary>The list of the vendors' prices that comes with the service: <c>prices.json</c>, described in docs/proxying.md.</summary>
public sealed class PriceList
{
    private const string Resource = "prices.json";

    private static readonly Lazy<PriceList> Embedded = new(static () =>
    {
        using var stream = typeof(PriceList).Assembly.GetManifestResourceStream(Resource)!;
        return Read(stream);
    });

    private readonly Dictionary<string, VendorPrices> _vendors;

    private PriceList(Dictionary<string, VendorPrices> vendors) => _vendors = vendors;

    /// <summary>The list.</summary>
    public static PriceList Current => Embedded.Value;

    /// <summary>Reads a list.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static PriceList Read(Stream json)
    {
        using var document = JsonDocument.Parse(json);
        return new PriceList(document.RootElement.GetProperty("vendors").EnumerateObject()
            .ToDictionary(static vendor => vendor.Name, static vendor => VendorPrices.Read(vendor.Value)));
    }

    /// <summary>What a model of a vendor costs; null where the list does not say.</summary>
    /// <param name="vendor">As in the list: the name of its preset.</param>
    /// <param name="model">As requests name it: as in the list, or with the date or the number of a version behind it.</param>
    /// <param name="day">When.</param>
    public ModelPrice? Find(string vendor, string model, DateOnly day)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _vendors.TryGetValue(vendor, out var prices) ? prices.Find(model, day) : null;
    }
}
