using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>Counts of one provider and model.</summary>
/// <param name="Provider">The provider; null where nothing was forwarded.</param>
/// <param name="Model">The model; null where none was named.</param>
/// <param name="Counts">The counts.</param>
public sealed record UsageCell(
    [property: JsonPropertyName("p")] string? Provider, [property: JsonPropertyName("m")] string? Model, [property: JsonPropertyName("c")] UsageCounts Counts);

/// <summary>Counts by provider and model, with what admins and refills changed of the used units.</summary>
public sealed class UsageSum
{
    /// <summary>Providers and models that are counted apart; the rest is counted together, under <see cref="Other"/>.</summary>
    public const int MaxCells = 50;

    /// <summary>The provider and the model of what is not counted apart.</summary>
    public const string Other = "other";

    private readonly List<UsageCell> _cells = [];

    /// <summary>The counts of each provider and model.</summary>
    [JsonPropertyName("c")]
    public IReadOnlyList<UsageCell> Cells
    {
        get => _cells;
        init => _cells = [.. value];
    }

    /// <summary>Units by which used units were changed other than by requests: resets and the ends of periods.</summary>
    [JsonPropertyName("a")]
    public long Adjusted { get; set; }

    /// <summary>All cells together.</summary>
    [JsonIgnore]
    public UsageCounts Total
    {
        get
        {
            var total = new UsageCounts();
            _cells.ForEach(cell => total.Add(cell.Counts));
            return total;
        }
    }

    /// <summary>All that this says of the used units.</summary>
    [JsonIgnore]
    public long Used => Adjusted + _cells.Sum(cell => cell.Counts.Units);

    /// <summary>The counts of a provider and a model, to be added to.</summary>
    public UsageCounts Of(string? provider, string? model)
    {
        if (_cells.Find(cell => cell.Provider == provider && cell.Model == model) is { } known)
        {
            return known.Counts;
        }

        if (_cells.Count >= MaxCells && provider != Other)
        {
            return Of(Other, Other);
        }

        var added = new UsageCell(provider, model, new UsageCounts());
        _cells.Add(added);
        return added.Counts;
    }

    /// <summary>Adds another, or takes it away.</summary>
    /// <param name="other">The other.</param>
    /// <param name="sign">1 to add, -1 to take away.</param>
    public void Add(UsageSum other, int sign = 1)
    {
        Adjusted += sign * other.Adjusted;
        foreach (var cell in other._cells)
        {
            Of(cell.Provider, cell.Model).Add(cell.Counts, sign);
        }
    }

    /// <summary>A copy that can be changed.</summary>
    public UsageSum Clone()
    {
        var copy = new UsageSum();
        copy.Add(this);
        return copy;
    }

    /// <summary>As rows keep it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, UsageJson.Default.UsageSum);

    /// <summary>Reads what <see cref="ToJson"/> wrote; nothing for null.</summary>
    public static UsageSum Parse(string? json) => json is null ? new UsageSum() : JsonSerializer.Deserialize(json, UsageJson.Default.UsageSum)!;
}

/// <summary>What one entry of the ledger adds to the counts of its key.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="At">When the charge was admitted: it is counted in that quarter of an hour.</param>
/// <param name="Sum">What is added.</param>
internal sealed record UsageChange(string KeyId, DateTimeOffset At, UsageSum Sum)
{
    /// <summary>The day (UTC, yyyyMMdd) that it belongs to.</summary>
    public int Day => LedgerRow.DayOf(At);

    /// <summary>The quarter of an hour of the day (UTC), 0 to 95.</summary>
    public int Slot => SlotOf(At);

    /// <summary>The quarter of an hour of its day (UTC) that a moment is in, 0 to 95.</summary>
    public static int SlotOf(DateTimeOffset moment) => (int)(moment.UtcDateTime.TimeOfDay / TimeSpan.FromMinutes(15));
}

/// <summary>The JSON of the counts.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(UsageSum))]
internal sealed partial class UsageJson : JsonSerializerContext;
